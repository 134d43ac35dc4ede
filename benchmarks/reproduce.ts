/**
 * Runs an experiment of `experiments/` and records the results:
 * `pnpm reproduce NAME [--seed N] [--data FILE] [--backend NAME] [--threads N]`.
 *
 * Trains with early stopping on validation, tests the best epoch once with each of its protocols, and writes
 * `benchmarks/results/reproduce/NAME-SEED.json`. The run directory is `runs/reproduce/NAME-SEED`: the same command
 * resumes a run that was stopped. An experiment that is `trainedBy` another one tests the run of that one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  datasets,
  fromItemNegatives,
  getDataset,
  itemNegatives,
  leaveOneOut,
  readInteractions,
  type Split,
  temporalSplit,
  toSequences,
  withValidation,
} from '@recsys/data';
import { HSTU } from '@recsys/hstu';
import { type BackendName, type Scorer, type SequentialModel, selectBackend } from '@recsys/model';
import { SASRec, type SASRecOptions } from '@recsys/sasrec';
import {
  type EvaluationResult,
  evaluate,
  fit,
  markovChainBaseline,
  type Protocol,
  popularityBaseline,
} from '@recsys/training';
import { RunDirectory } from '@recsys/training/node';
import * as tf from '@tensorflow/tfjs-core';
import { GRU4Rec } from '../examples/models/gru4rec.ts';
import { type Experiment, experimentNamed, experimentNames, settingsFor } from './experiment.ts';
import { describeMachine } from './support/machine.ts';
import { writeRecord } from './support/write-record.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/**
 * Returns the path of the data file: as given, in one of the usual folders, or downloaded if it is a public dataset.
 */
const findData = async (file: string, given: string | undefined): Promise<string> => {
  const folders = ['../data/', '../../shared/data/'];
  const places = given === undefined ? folders.map((folder) => path(folder + file)) : [given];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  const known = datasets.find(({ name }) => `${name}.txt` === file);
  if (given === undefined && known !== undefined) {
    const { RECSYS_CACHE: cacheDirectory } = process.env;
    console.log(`${known.title}: ${known.terms}`);
    return getDataset(known, cacheDirectory === undefined ? {} : { cacheDirectory });
  }
  throw new Error(
    given === undefined
      ? `reproduce: ${file} not found. Put it in the folder data/ of this repository, or pass its path with --data FILE.`
      : `reproduce: ${given}: no such file`,
  );
};

/** Reads and splits the data of an experiment. */
const readSplit = async (file: string, { split }: Experiment): Promise<Split> => {
  const sequences = toSequences(await readInteractions(file));
  if (split.kind === 'leave-one-out') return leaveOneOut(sequences);
  const { kind: _, ...options } = split;
  return temporalSplit(sequences, options);
};

/** Returns a number rounded to 6 decimals. */
const round = (value: number): number => Number(value.toFixed(6));

const describeResult = ({ numTargets, metrics }: EvaluationResult) => {
  const { 'hr@10': hr, 'ndcg@10': ndcg } = metrics;
  return {
    hr10: round(hr!.value),
    ndcg10: round(ndcg!.value),
    users: numTargets,
    confidence95: { hr10: [hr!.low, hr!.high].map(round), ndcg10: [ndcg!.low, ndcg!.high].map(round) },
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, round(value)])),
  };
};

/** Returns the epochs in the log of a run. */
const readEpochs = (runDirectory: string): object[] =>
  readFileSync(join(runDirectory, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'epoch')
    .map(({ epoch, seconds, loss, validation }) => ({
      epoch,
      seconds: Number(seconds.toFixed(1)),
      loss: round(loss),
      ...(validation && { hr10: round(validation['hr@10']), ndcg10: round(validation['ndcg@10']) }),
    }));

const reproduce = async (
  experiment: Experiment,
  options: { name: string; seed: number; data?: string; backend?: string },
) => {
  const { name, seed } = options;
  const { protocol, tests } = experiment;
  const file = await findData(experiment.data, options.data);
  const machine = describeMachine();
  const { backend, threads } = await selectBackend(
    options.backend === undefined ? {} : { prefer: options.backend as BackendName },
  );
  if (experiment.attention === 'composed') unregisterAttentionKernels(backend);
  const validated = await readSplit(file, experiment);
  const split = experiment.refit ? withValidation(validated) : validated;
  const settings = settingsFor(experiment, split.train);
  const model = createModel(experiment.architecture, { ...settings.model, catalog: split.catalog, seed });
  const runDirectory = path(`../runs/reproduce/${experiment.trainedBy}-${seed}`);
  const {
    best: chosen,
    stopped,
    seconds,
  } = await fit(model, split, {
    ...settings.fit,
    ...(experiment.refit && { validation: false }),
    seed,
    loss: settings.loss,
    // The same table as in validation and test: that of seed 0.
    ...(experiment.negatives === 'item-table' && {
      negativeSampler: fromItemNegatives(itemNegatives(split.catalog.ids.length, { seed: 0 })),
    }),
    runDirectory,
    resume: existsSync(join(runDirectory, 'config.json')),
    runInfo: { experiment: experiment.trainedBy },
    callbacks: [
      {
        onEpoch: ({ epoch, loss, seconds, validation = {} }) => {
          const metrics = Object.entries(validation).map(([metric, value]) => `${metric} ${value.toFixed(4)}`);
          console.log([`epoch ${epoch}`, `${Math.round(seconds)} s`, `loss ${loss.toFixed(4)}`, ...metrics].join('  '));
        },
      },
    ],
  });
  const best = experiment.refit ? { epoch: settings.fit.epochs } : chosen;
  const on = async (set: 'validation' | 'test', subject: SequentialModel | Scorer, by: Protocol) =>
    describeResult(await evaluate(subject, split[set], { protocol: by, k: [1, 5, 10, 20] }));
  const [popularity, markovChain] = [popularityBaseline(split.train), markovChainBaseline(split.train)];
  const resultsBy = async (by: Protocol) => ({
    test: await on('test', model, by),
    ...(!experiment.refit && { validation: await on('validation', model, by) }),
    baselines: {
      popularity: await on('test', popularity, by),
      markovChain: await on('test', markovChain, by),
    },
  });
  const others: Record<string, Awaited<ReturnType<typeof resultsBy>>> = {};
  for (const by of tests) if (by !== protocol) others[by] = await resultsBy(by);
  const { model: config, fit: fitSettings, data, loss } = await (await RunDirectory.open(runDirectory)).config();
  const record = {
    name,
    seed,
    command: `pnpm reproduce ${name} --seed ${seed}`,
    about: experiment.about,
    ...(experiment.trainedBy !== name && { trainedBy: experiment.trainedBy }),
    data: experiment.data,
    ...(experiment.split.kind !== 'leave-one-out' && { split: experiment.split }),
    protocol,
    ...(await resultsBy(protocol)),
    ...(tests.length > 1 && { otherProtocols: others }),
    best,
    stopped,
    seconds: Math.round(seconds),
    config: { model: config, loss, fit: fitSettings, negatives: experiment.negatives, attention: experiment.attention },
    dataFingerprint: data,
    backend,
    ...(threads !== undefined && { threads }),
    machine,
    epochs: readEpochs(runDirectory),
  };
  const output = path(`results/reproduce/${name}-${seed}.json`);
  writeRecord(output, record);
  for (const [by, { test }] of Object.entries({ [protocol]: record, ...others }))
    console.log(`test ${by}, epoch ${best?.epoch}: hr@10 ${test.hr10.toFixed(4)}  ndcg@10 ${test.ndcg10.toFixed(4)}`);
  console.log(`wrote ${output}`);
};

/** Creates an untrained model. HSTU and GRU4Rec ignore options that only SASRec has. */
const createModel = (
  architecture: Experiment['architecture'],
  options: SASRecOptions & { readonly seed: number },
): SequentialModel => {
  if (architecture === 'sasrec') return new SASRec(options);
  const { catalog, seed, hiddenUnits = 50, maxLength = 50, dropoutRate = 0.5, numBlocks, numHeads } = options;
  const shared = { catalog, seed, hiddenUnits, maxLength, dropoutRate };
  return architecture === 'gru4rec'
    ? new GRU4Rec(shared)
    : new HSTU({ ...shared, numBlocks, numHeads, timeBias: false });
};

/** Makes layers compose attention of tfjs ops. */
const unregisterAttentionKernels = (backend: string): void => {
  for (const { kernelName } of tf.getKernelsForBackend(backend))
    if (/^Recsys\w*Attention/.test(kernelName)) tf.unregisterKernel(kernelName, backend);
};

const usage = `usage: pnpm reproduce NAME [--seed N] [--data FILE] [--backend NAME] [--threads N]
Experiments:
  ${experimentNames().join('\n  ')}`;

try {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== '--'),
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      data: { type: 'string' },
      backend: { type: 'string' },
      threads: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [name] = positionals;
  const seed = Number(values.seed);
  if (values.help) console.log(usage);
  else if (positionals.length !== 1) throw new Error(usage);
  else if (!Number.isSafeInteger(seed)) throw new Error(`reproduce: --seed must be an integer, got ${values.seed}`);
  else {
    const { data, backend, threads } = values;
    if (threads !== undefined) process.env.RECSYS_THREADS = threads; // the backend reads and checks it when it starts
    await reproduce(experimentNamed(name!), { name: name!, seed, ...(data && { data }), ...(backend && { backend }) });
    process.exit(0);
  }
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
