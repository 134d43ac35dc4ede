import { appendFileSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@recsys/data/node';
import { parseOptions } from '@recsys/errors';
import { CheckpointError } from '@recsys/model';
import { z } from 'zod';
import { TrainingError } from '../errors.js';
import type { TrainingCallbacks } from '../fit/index.js';
import { eventRecord, readRecords } from './event-records.js';
import { type Scalar, ScalarsOfLog, testPrefix } from './scalars.js';

/** Options of `tensorBoard`. */
export interface TensorBoardOptions {
  /** Returns the time of a value, in milliseconds since 1970. Default the clock. */
  now?: (() => number) | undefined;
}

const schema = z.strictObject({
  now: z.custom<() => number>((value) => typeof value === 'function').default(() => () => Date.now()),
});

/**
 * Returns callbacks of `fit` that write event files for TensorBoard, for `tensorboard --logdir`, and for all else that reads them: the loss and the
 * learning rate of each epoch, the metrics of validation and test, and the loss of the steps that `logSteps` asks for. No server and no Python is
 * needed to write them.
 *
 * When a run is resumed, what was written after its checkpoint is cut off, so that there is one value for each step; with a tracker that the run did
 * not have before, its log is written first.
 *
 * @param directory for the files, of this training alone; made if it is missing. Each resume adds a file.
 * @throws {TrainingError} `bad-option`. The callbacks: {CheckpointError} `other-run` when the directory has the events of another training;
 *   `cannot-write`.
 * @example
 * await fit(model, split, {
 *   epochs: 40,
 *   runDirectory: 'runs/movies',
 *   callbacks: [tensorBoard('runs/movies/tensorboard')],
 * }); // then: tensorboard --logdir runs
 */
export const tensorBoard = (directory: string, options: TensorBoardOptions = {}): TrainingCallbacks => {
  const { now } = parseOptions('tensorBoard', schema, options, { ErrorClass: TrainingError });
  const scalars = new ScalarsOfLog();
  let path = '';
  const write = (values: readonly Scalar[]) => append(path, Buffer.concat(values.map((v) => eventRecord(now(), v))));
  return {
    onStart: async ({ resumed, step, log }) => {
      const files = await eventFilesIn(directory);
      if (!resumed && files.length > 0)
        throw new CheckpointError(
          'other-run',
          `${directory}: already holds the events of a training. Resume its run, or choose another directory.`,
        );
      const kept = new Set<string>();
      for (const file of files) for (const key of await cutBack(join(directory, file), step)) kept.add(key);
      await mkdir(directory, { recursive: true }).catch(cannotWrite(directory));
      const number = files.length === 0 ? 1 : Number(files.at(-1)!.slice(filePrefix.length)) + 1;
      path = join(directory, `${filePrefix}${String(number).padStart(10, '0')}`);
      append(path, eventRecord(now(), { version: 'brain.Event:2' }));
      // A TensorBoard that is running has read what was cut off; this makes it forget.
      if (resumed) append(path, eventRecord(now(), { restartsAt: step + 1 }));
      write(log.flatMap((line) => scalars.of(line)).filter((scalar) => !kept.has(keyOf(scalar))));
    },
    onLog: (line) => write(scalars.of(line)),
  };
};

/** What TensorBoard knows event files by, and reads in the order of their names. */
const filePrefix = 'events.out.tfevents.';

/** Returns the names of the event files that were written here, oldest first. */
const eventFilesIn = async (directory: string): Promise<string[]> =>
  (await readdir(directory).catch(() => [] as string[]))
    .filter((name) => /^events\.out\.tfevents\.\d{10}$/.test(name))
    .sort();

const keyOf = ({ name, step }: Pick<Scalar, 'name' | 'step'>): string => `${name} ${step}`;

/** Removes from a file what is after a step, and tests, which will be done again. Returns the keys of the scalars that stay. */
const cutBack = async (path: string, lastStep: number): Promise<string[]> => {
  const content = await readFile(path);
  const kept = readRecords(content).filter(
    ({ step, names }) => step <= lastStep && !names.some((name) => name.startsWith(testPrefix)),
  );
  const bytes = Buffer.concat(kept.map(({ record }) => record));
  if (bytes.length < content.length) await writeFileAtomically(path, bytes);
  return kept.flatMap(({ step, names }) => names.map((name) => keyOf({ name, step })));
};

const append = (path: string, bytes: Uint8Array): void => {
  try {
    appendFileSync(path, bytes);
  } catch (cause) {
    cannotWrite(path)(cause as Error);
  }
};

/** Returns a function that throws an error of the file system as one of the events. */
const cannotWrite =
  (path: string) =>
  (cause: Error): never => {
    throw new CheckpointError('cannot-write', `${path}: cannot be written: ${cause.message}`, { cause });
  };
