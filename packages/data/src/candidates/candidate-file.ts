import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { openWriteStream, replaceFile, syncFile } from '../files/atomic-write.js';
import { forEachLine } from '../files/lines.js';
import { openBytes } from '../files/open-bytes.js';
import { openText } from '../files/open-text.js';
import type { EvaluationSet } from '../splits/split.js';
import { idAt, indexOfId } from '../table/id-map.js';
import { type CandidateSampler, checkCandidateOptions, type WriteCandidatesOptions } from './sampled-candidates.js';

/** A line of a candidate file, with the ids of your data. */
interface CandidateLine {
  user: string | number;
  target: string | number;
  negatives: (string | number)[];
}

/** What `index.ts` documents. */
export const writeCandidates = async (
  set: EvaluationSet,
  path: string,
  options: WriteCandidatesOptions,
): Promise<void> => {
  assertKnownOptions('writeCandidates', options, ['candidates', 'seed', 'numNegatives'], { ErrorClass: DataError });
  const { candidates, seed, numNegatives = 100 } = options;
  const { users, catalog } = set.sequences;
  function* lines() {
    for (let entry = 0; entry < set.users.length; entry++) {
      const [target, ...negatives] = candidates({ start: entry, end: entry + 1, seed, numNegatives });
      const line: CandidateLine = {
        user: idAt(users, set.users[entry]),
        target: idAt(catalog, target!),
        negatives: negatives.map((item) => idAt(catalog, item)),
      };
      yield `${JSON.stringify(line)}\n`;
    }
  }
  await replaceFile(path, async (partial) => {
    await pipeline(Readable.from(lines()), await openWriteStream(partial));
    await syncFile(partial);
  }).catch((cause: Error) => {
    if (cause instanceof DataError) throw cause;
    throw new DataError('bad-data', `${path}: cannot be written: ${cause.message}`, { cause });
  });
};

/** What `index.ts` documents. */
export const readCandidates = async (path: string, set: EvaluationSet): Promise<CandidateSampler> => {
  const { users, catalog } = set.sequences;
  const entries = new Map<string, number>();
  set.users.forEach((user, entry) => {
    entries.set(`${user} ${set.targets[entry]}`, entry);
  });
  let width = 0;
  let rows = new Int32Array(0);
  let found = 0;
  const { bytes } = await openBytes(path, createReadStream(path));
  const { chunks } = await openText(path, bytes);
  await forEachLine(path, chunks, (text, number) => {
    const { user, target, negatives } = parseLine(`${path}:${number}`, text);
    const items = [target, ...negatives].map((id) => {
      const item = indexOfId(catalog, id);
      if (item < 0)
        throw new DataError('bad-data', `${path}:${number}: item ${JSON.stringify(id)} is not in the catalog`);
      return item;
    });
    const entry = entries.get(`${indexOfId(users, user)} ${items[0]}`);
    if (entry === undefined) return;
    if (width === 0) {
      width = items.length;
      rows = new Int32Array(set.users.length * width);
    }
    if (items.length !== width)
      throw new DataError(
        'bad-data',
        `${path}:${number}: has ${items.length - 1} negatives, but the lines before it have ${width - 1}`,
      );
    if (rows[entry * width] === 0) found += 1;
    rows.set(items, entry * width);
  });
  if (found < set.users.length) {
    const missing = Array.from(set.users.keys()).find((entry) => width === 0 || rows[entry * width] === 0)!;
    throw new DataError(
      'bad-data',
      `${path}: has no line for ${set.users.length - found} of ${set.users.length} targets, for example that of user ${JSON.stringify(idAt(users, set.users[missing]))}`,
    );
  }
  return (options) => {
    const { start, end, numNegatives = width - 1 } = checkCandidateOptions('readCandidates', options);
    if (numNegatives !== width - 1)
      throw new DataError(
        'bad-data',
        `${path}: has ${width - 1} negatives per target, but numNegatives is ${numNegatives}`,
      );
    return rows.slice(start * width, end * width);
  };
};

const parseLine = (where: string, text: string): CandidateLine => {
  let line: Partial<CandidateLine> | null;
  try {
    line = JSON.parse(text);
  } catch (error) {
    throw new DataError('bad-data', `${where}: is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const isId = (id: unknown) => typeof id === 'string' || typeof id === 'number';
  if (!isId(line?.user) || !isId(line?.target) || !Array.isArray(line?.negatives) || !line.negatives.every(isId))
    throw new DataError('bad-data', `${where}: must be {"user": …, "target": …, "negatives": […]} with ids`);
  return line as CandidateLine;
};
