import { readdir, realpath } from 'node:fs/promises';
import { ShardError } from '../errors.js';

/** A file of histories, and what its output is named after. */
export interface Shard {
  readonly input: string;
  readonly stem: string;
}

const histories = /^([^._].*?)(\.(jsonl|ndjson)(\.gz)?|\.parquet)$/;

/**
 * Lists the names of the files of histories in a folder, in their order: shard i is the i-th. Names that start with a dot or an underscore belong to
 * other programs.
 *
 * @param folders those of `Shards.open`.
 * @throws {ShardError} `bad-inputs`.
 * @example
 * await shardInputs({ inputs: 'histories', outputs: 'lists' }); // ['part-0.parquet', 'part-1.parquet']
 */
export const shardInputs = async ({
  inputs,
  outputs,
}: {
  readonly inputs: string;
  readonly outputs: string;
}): Promise<string[]> => (await listInputs(inputs, outputs)).map(({ input }) => input);

/** @throws {ShardError} `bad-inputs`. */
export const listInputs = async (inputs: string, outputs: string): Promise<Shard[]> => {
  const entries = await readdir(inputs).catch((cause: Error) => {
    throw new ShardError('bad-inputs', `${inputs}: cannot be read: ${cause.message}`, { cause });
  });
  if ((await realpath(inputs)) === (await realpath(outputs).catch(() => undefined)))
    throw new ShardError('bad-inputs', `${outputs}: is the folder of the inputs; choose another one for the outputs`);
  const shards = entries.sort().flatMap((input) => {
    const stem = histories.exec(input)?.[1];
    return stem === undefined ? [] : [{ input, stem }];
  });
  if (shards.length === 0)
    throw new ShardError(
      'bad-inputs',
      `${inputs}: has no .jsonl, .ndjson or .parquet file (each but the last .gz too)`,
    );
  const byStem = new Map<string, string>();
  for (const { input, stem } of shards) {
    const other = byStem.get(stem);
    if (other !== undefined)
      throw new ShardError('bad-inputs', `${inputs}: ${other} and ${input} would have the same output, ${stem}`);
    byStem.set(stem, input);
  }
  return shards;
};
