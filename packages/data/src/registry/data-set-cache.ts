import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { DataError } from '../errors.js';
import { writeInteractions } from '../write-interactions.js';
import type { DataSet } from './data-sets.js';
import { download, sha256Of } from './download.js';
import type { GetDataSetOptions } from './get-data-set.js';
import { assertCounts, prepareDataSet } from './prepare-data-set.js';

/** Returns the path of a data set that is in the cache already. */
export const findInCache = async (
  dataSet: DataSet,
  cacheDirectory: string | undefined,
): Promise<string | undefined> => {
  const { prepared } = placesOf(dataSet, cacheDirectory);
  return (await exists(prepared)) ? prepared : undefined;
};

/** Puts a data set into the cache and returns its path. */
export const putIntoCache = async (
  dataSet: DataSet,
  { cacheDirectory, archive: given, address = dataSet.address, ...options }: GetDataSetOptions,
): Promise<string> => {
  const { folder, archive, prepared } = placesOf(dataSet, cacheDirectory);
  await mkdir(folder, { recursive: true }).catch((cause: Error) => {
    throw new DataError(`${folder}: cannot be made: ${cause.message}`, { cause });
  });
  if (given !== undefined) {
    if (dataSet.sha256 !== undefined) await checkSha256(given, dataSet.sha256);
    await prepare(dataSet, given, prepared);
    return prepared;
  }
  if (!(await exists(archive))) {
    await download(address, archive, { ...options, sha256: dataSet.sha256 }).catch((cause: unknown) => {
      if (!(cause instanceof DataError)) throw cause;
      const advice = `A copy from elsewhere may be put at ${archive}, or be named by archive (--archive FILE).`;
      throw new DataError(`${cause.message}. ${advice} ${dataSet.title}: ${dataSet.terms}`, { cause });
    });
  }
  await prepareDownloaded(dataSet, archive, prepared);
  return prepared;
};

/** Where a data set is in the cache. */
const placesOf = ({ name, address }: DataSet, cacheDirectory = join(homedir(), '.cache', 'recsys')) => {
  const folder = join(cacheDirectory, name);
  return { folder, archive: join(folder, basename(new URL(address).pathname)), prepared: join(folder, `${name}.csv`) };
};

/** Prepares a data set from an archive of the cache, and records the archive's sha256 when it has proved right. */
const prepareDownloaded = async (dataSet: DataSet, archive: string, prepared: string): Promise<void> => {
  const record = `${archive}.sha256`;
  const recorded = await readFile(record, 'utf8').catch(() => undefined);
  try {
    const sha256 = await checkSha256(archive, dataSet.sha256 ?? recorded?.split(' ')[0]);
    await prepare(dataSet, archive, prepared);
    if (recorded === undefined) await writeFile(record, `${sha256}  ${basename(archive)}\n`);
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DataError(`${cause.message} Remove ${archive} to download it again.`, { cause });
  }
};

/** Returns the sha256 of an archive, which must be the expected one where that is known. */
const checkSha256 = async (archive: string, expected: string | undefined): Promise<string> => {
  const found = await sha256Of(archive);
  if (expected !== undefined && found !== expected)
    throw new DataError(`${archive}: is not as it should be: its sha256 is ${found}, expected ${expected}.`);
  return found;
};

const prepare = async (dataSet: DataSet, archive: string, prepared: string): Promise<void> => {
  const interactions = await prepareDataSet(dataSet, archive);
  assertCounts(dataSet, interactions);
  const own = await mkdtemp(`${prepared}.`); // another process may prepare the same
  try {
    const path = join(own, basename(prepared));
    await writeInteractions(interactions, path);
    await rename(path, prepared);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
