import { setTimeout as sleep } from 'node:timers/promises';
import { FileError } from '@recsys/data/node';
import type { SequentialModel } from '@recsys/model';
import { type FileRecommendOptions, type ShardRun, Shards } from '@recsys/model/node';
import { UsageError } from '../errors.js';
import type { GivenOptions, OptionSpecs } from '../options/index.js';
import { formatCount, type Reporter } from '../reporter.js';

/** Where schedulers say which of many equal tasks a process is, from 0. */
const indexVariables = [
  ['JOB_COMPLETION_INDEX', 'Kubernetes Indexed Jobs'],
  ['SLURM_ARRAY_TASK_ID', 'Slurm arrays'],
  ['AWS_BATCH_JOB_ARRAY_INDEX', 'AWS Batch arrays'],
  ['CLOUD_RUN_TASK_INDEX', 'Cloud Run jobs'],
] as const;

export const shardOptions = {
  inputs: {
    flags: '--inputs <folder>',
    help: 'a folder of files as for --input, each of which is a shard; see below',
    type: 'string',
  },
  outputs: { flags: '--outputs <folder>', help: 'with --inputs: folder for one file per input', type: 'string' },
  shard: {
    flags: '--shard <which>',
    help: 'with --inputs: the number of a shard, from 0; auto, the number that Kubernetes, Slurm, AWS Batch or Cloud Run gave this task; or all that are not done (default)',
    type: 'string',
  },
  format: {
    flags: '--format <format>',
    help: 'with --inputs: format of the outputs (default jsonl)',
    type: 'string',
    choices: ['jsonl', 'parquet'],
  },
  lease: {
    flags: '--lease <seconds>',
    help: 'with --inputs: how long another machine may be silent before its shard is taken over, 0.1 to 300 (default 30)',
    type: 'number',
  },
} as const satisfies OptionSpecs;

type ShardFlags = GivenOptions<typeof shardOptions> & { readonly output?: string };

/** What is asked for by the flags of shards. */
interface ShardRequest {
  readonly inputs: string;
  readonly outputs: string;
  readonly shard: number | 'all';
  readonly format: 'jsonl' | 'parquet' | undefined;
  readonly lease: number | undefined;
}

/**
 * Returns what the flags of shards ask for; undefined without them.
 * @throws {UsageError} when one is missing, or no scheduler says which shard it is.
 */
export const checkShardFlags = ({ inputs, outputs, shard, format, lease }: ShardFlags): ShardRequest | undefined => {
  if (inputs === undefined) {
    for (const [flag, value] of Object.entries({ outputs, shard, format, lease }))
      if (value !== undefined) throw new UsageError('usage', `--${flag} needs --inputs`);
    return undefined;
  }
  if (outputs === undefined) throw new UsageError('usage', '--inputs needs --outputs');
  return { inputs, outputs, shard: shardOf(shard), format, lease };
};

const shardOf = (which = 'all'): number | 'all' => {
  if (which === 'all') return which;
  if (which !== 'auto') return numberOf('--shard', which, 'a number from 0, auto or all');
  const found = indexVariables.find(([name]) => (process.env[name] ?? '') !== '');
  if (found !== undefined) return numberOf(found[0], process.env[found[0]]!, 'a number from 0');
  const known = indexVariables.map(([name, of]) => `${name} (${of})`).join(', ');
  throw new UsageError('usage', `--shard auto: none of these variables is set: ${known}; give the number of the shard`);
};

const numberOf = (name: string, text: string, must: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError('usage', `${name} must be ${must}, got ${JSON.stringify(text)}`);
};

interface RecommendShardsOptions {
  readonly settings: FileRecommendOptions;
  readonly onError: 'throw' | 'skip';
  readonly reporter: Reporter;
}

/** Recommends for one shard of a folder, or for all that are not done. */
export const recommendShards = async (
  model: SequentialModel,
  { inputs, outputs, shard, format, lease: leaseSeconds }: ShardRequest,
  { settings: recommend, onError, reporter }: RecommendShardsOptions,
): Promise<void> => {
  const shards = await Shards.open(model, { inputs, outputs, format, onError, leaseSeconds, recommend });
  const run = async (number: number) => {
    const onProgress = (rows: number) => reporter.progress(shards.inputs[number], rows, undefined);
    try {
      reportShard(reporter, number, await shards.run(number, { onProgress }));
    } finally {
      reporter.stopBar();
    }
  };
  if (shard === 'all') await runAll(shards, run);
  else await run(shard);
  const manifest = await shards.finish();
  if (manifest === undefined) return;
  const { rows } = manifest;
  const text = `all ${formatCount(shards.length)} shards are done, ${formatCount(rows)} rows: manifest.json`;
  reporter.report('done', text, { event: 'manifest', shards: shards.length, rows });
};

/** Runs all shards that are not done: first those that nobody works on, then those of processes that are gone, until all are done. */
const runAll = async (shards: Shards, run: (shard: number) => Promise<void>): Promise<void> => {
  /** Resolves to whether the shard is done, and not in the hands of another process. */
  const tried = (shard: number) =>
    run(shard).then(
      () => true,
      (error) => {
        if (error instanceof FileError && (error.code === 'in-use' || error.code === 'lost-lock')) return false;
        throw error;
      },
    );
  let left: number[] = [];
  for (let shard = 0; shard < shards.length; shard++) {
    if ((await shards.recordOf(shard)) !== undefined) continue;
    if ((await shards.isMarked(shard)) || !(await tried(shard))) left.push(shard);
  }
  while (left.length > 0) {
    const still: number[] = [];
    for (const shard of left) if (!(await tried(shard))) still.push(shard);
    left = still;
    if (left.length > 0) await sleep(1000);
  }
};

const reportShard = (reporter: Reporter, shard: number, { record, wasDone }: ShardRun): void => {
  const { input, output, rows, skipped, unknownItems, fallbacks, sha256 } = record;
  const counts = [
    `${formatCount(rows)} rows`,
    ...(unknownItems > 0 ? [`${formatCount(unknownItems)} items that the model does not know`] : []),
    ...(fallbacks > 0 ? [`${formatCount(fallbacks)} fallbacks`] : []),
    ...(skipped > 0 ? [`null for ${formatCount(skipped)} bad lines`] : []),
  ];
  const text = `${shard} ${input} -> ${output}: ${counts.join(', ')}${wasDone ? ' (done before)' : ''}`;
  reporter.report('shard', text, { shard, input, output, rows, skipped, unknownItems, fallbacks, sha256, wasDone });
};
