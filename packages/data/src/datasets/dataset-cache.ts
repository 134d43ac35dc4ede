import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { DataError } from '../errors.js';
import { sha256OfFile } from '../files/hash.js';
import { writeInteractions } from '../write/write-interactions.js';
import type { Dataset } from './datasets.js';
import { type DownloadOptions, download } from './download.js';
import { assertCounts, prepareDataset } from './prepare-dataset.js';

/** Options of `getDataset`. */
export interface GetDatasetOptions extends DownloadOptions {
  /** Directory of the cache, which has a folder per dataset. Default `.cache/recsys` in the user's home directory. */
  cacheDirectory?: string;
  /** Path of an archive that you already have, perhaps packed again: only its counts are checked. Nothing is downloaded then. */
  archive?: string;
  /** URL to download the archive from, instead of the dataset's own. */
  url?: string;
}

/** Returns the path of a dataset in the cache, or undefined if it is not there. */
export const findInCache = async (
  dataset: Dataset,
  cacheDirectory: string | undefined,
): Promise<string | undefined> => {
  const { prepared } = placesOf(dataset, cacheDirectory);
  return (await exists(prepared)) ? prepared : undefined;
};

/** Puts a dataset into the cache and returns its path. */
export const putIntoCache = async (
  dataset: Dataset,
  { cacheDirectory, archive: given, url = dataset.url, ...options }: GetDatasetOptions,
): Promise<string> => {
  const { folder, archive, prepared } = placesOf(dataset, cacheDirectory);
  await mkdir(folder, { recursive: true }).catch((cause: Error) => {
    throw new DataError('bad-data', `${folder}: cannot be created: ${cause.message}`, { cause });
  });
  if (given !== undefined) {
    await prepare(dataset, given, prepared);
    return prepared;
  }
  if (!(await exists(archive))) {
    await download(url, archive, { ...options, sha256: dataset.sha256 }).catch((cause: unknown) => {
      if (!(cause instanceof DataError)) throw cause;
      const problem = `${cause.message}. You can put a copy of the archive at ${archive}. Terms of ${dataset.title}: ${dataset.terms}`;
      throw new DataError('bad-data', problem, {
        advice: { option: 'archive', purpose: 'to use a copy at another path' },
        cause,
      });
    });
  }
  await prepareDownloaded(dataset, archive, prepared);
  return prepared;
};

/** Returns the paths of a dataset in the cache. */
const placesOf = ({ name, url }: Dataset, cacheDirectory = join(homedir(), '.cache', 'recsys')) => {
  const folder = join(cacheDirectory, name);
  return { folder, archive: join(folder, basename(new URL(url).pathname)), prepared: join(folder, `${name}.csv`) };
};

/** Prepares a dataset from an archive in the cache, and records the sha256 of an archive that gave the right counts. */
const prepareDownloaded = async (dataset: Dataset, archive: string, prepared: string): Promise<void> => {
  const record = `${archive}.sha256`;
  const recorded = await readFile(record, 'utf8').catch(() => undefined);
  try {
    const sha256 = await checkSha256(archive, dataset.sha256 ?? recorded?.split(' ')[0]);
    await prepare(dataset, archive, prepared);
    if (recorded === undefined) await writeFile(record, `${sha256}  ${basename(archive)}\n`);
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DataError('bad-data', `${cause.message} Remove ${archive} to download it again.`, { cause });
  }
};

/** Returns the sha256 of an archive. If one is expected, it must be that. */
const checkSha256 = async (archive: string, expected: string | undefined): Promise<string> => {
  const found = await sha256OfFile(archive);
  if (expected !== undefined && found !== expected)
    throw new DataError(
      'bad-data',
      `${archive}: is not the expected archive: its sha256 is ${found}, expected ${expected}.`,
    );
  return found;
};

const prepare = async (dataset: Dataset, archive: string, prepared: string): Promise<void> => {
  const interactions = await prepareDataset(dataset, archive);
  assertCounts(dataset, interactions);
  await writeInteractions(interactions, prepared);
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
