import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  lockPath,
  partialPathOf,
  removePartialsOf,
  sha256OfFile,
  syncDirectory,
  writeFileAtomically,
} from '@recsys/data/node';
import { isPrepared, type Manifest, manifestFile, type PreparedFile } from '../directory/index.js';
import { PrepareError } from '../errors.js';

/** Where an output is made, beside the place that it is moved to when it is whole. */
export interface Workplace {
  /** Folder of the output. */
  readonly output: string;
  /** Path of the scratch database, and the folder of what does not fit in memory. */
  readonly scratch: string;
  readonly spill: string;
}

/**
 * Calls `work` with a place to write in, and moves the output to `out` when it is done. What a process that was killed has left is removed, and so is
 * all of this one when it fails.
 *
 * @throws {PrepareError} `exists` if there is something at `out`, unless `overwrite` and it is a prepared directory.
 * @throws {FileError} `in-use` when another process writes the same output.
 */
export const inWorkplace = async <Result>(
  out: string,
  overwrite: boolean,
  work: (place: Workplace) => Promise<Result>,
): Promise<Result> => {
  const path = resolve(out);
  await assertFree(out, path, overwrite);
  const parent = dirname(path);
  await mkdir(parent, { recursive: true }).catch((cause: Error) => {
    throw new PrepareError('cannot-write', `${out}: cannot be written: ${cause.message}`, { cause });
  });
  const lock = await lockPath(out, join(parent, `.preparing-${basename(path)}-`));
  try {
    await removePartialsOf(path);
    const partial = partialPathOf(path);
    const place = {
      output: join(partial, 'output'),
      scratch: join(partial, 'scratch.duckdb'),
      spill: join(partial, 'spill'),
    };
    try {
      await mkdir(place.output, { recursive: true });
      const result = await work(place);
      await syncDirectory(place.output);
      await lock.assertHeld();
      await assertFree(out, path, overwrite);
      await rm(path, { recursive: true, force: true });
      await rename(place.output, path);
      await syncDirectory(parent);
      return result;
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  } finally {
    await lock.release();
  }
};

const assertFree = async (out: string, path: string, overwrite: boolean): Promise<void> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  if (found.isDirectory() && (await readdir(path)).length === 0) return;
  const prepared = await isPrepared(path);
  if (prepared && overwrite) return;
  if (prepared)
    throw new PrepareError('exists', `${out}: is a prepared directory already.`, {
      advice: { option: 'overwrite', purpose: 'to replace it' },
    });
  throw new PrepareError('exists', `${out}: exists, and is not a prepared directory; choose another output`);
};

/** Returns what a manifest says of a file, once it is on the disk. */
export const describeFile = async (directory: string, file: string): Promise<PreparedFile> => {
  const path = join(directory, file);
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
    const { size } = await handle.stat();
    return { file, bytes: size, sha256: await sha256OfFile(path) };
  } finally {
    await handle.close();
  }
};

export const writeManifest = (directory: string, manifest: Manifest): Promise<void> =>
  writeFileAtomically(join(directory, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
