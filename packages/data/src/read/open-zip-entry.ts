import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { DataError } from '../errors.js';
import type { FilePart } from './sources.js';

/** What an entry may unpack to. Data unpacks to 3 to 30 times its size; a bomb to some 1,000 times. */
const largestRatio = 200;
/** Bytes that may come out of an entry whatever its ratio: a short file may repeat a line. */
const alwaysAllowed = 2 ** 24;

/**
 * Opens an entry of a zip archive. Names of entries are refused where they point outside of the archive's folder.
 *
 * @param name names the archive in errors.
 * @param archive its path, or its bytes.
 * @param options.entry the name of the entry; may be left out where the archive holds one data file.
 * @param options.unpackLimit most bytes that the entry may unpack to.
 * @throws {DataError} naming archive and entry, on a damaged archive, an entry that is missing, encrypted or unsafe, and, while it is read,
 *   on one that is damaged or unpacks to too much.
 */
export const openZipEntry = async (
  name: string,
  archive: string | Buffer,
  { entry: wanted, unpackLimit }: { entry: string | undefined; unpackLimit: number },
): Promise<FilePart> => {
  const { fromBufferPromise, openPromise } = await import('yauzl');
  const options = { autoClose: false, strictFileNames: true };
  const damaged = (cause: Error): never => {
    throw new DataError('bad-data', `${name}: is a damaged, cut-off or unsafe zip archive (${cause.message})`, {
      cause,
    });
  };
  const opening = typeof archive === 'string' ? openPromise(archive, options) : fromBufferPromise(archive, options);
  const zip = await opening.catch(damaged);
  try {
    const entries = await listEntries(zip).catch(damaged);
    const entry = chooseEntry(name, entries, wanted);
    const full = `${name}/${entry.fileName}`;
    if (entry.isEncrypted()) throw new DataError('bad-data', `${full}: is encrypted; unpack it first`);
    return { name: full, open: async () => Readable.from(unpack(full, { zip, entry, unpackLimit })) };
  } catch (error) {
    zip.close();
    throw error;
  }
};

const listEntries = async (zip: ZipFile): Promise<Entry[]> => {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) if (!entry.fileName.endsWith('/')) entries.push(entry);
  return entries;
};

/** Returns the entry that is asked for, or the only one that may be data: hidden files and READMEs are none. */
const chooseEntry = (name: string, entries: readonly Entry[], wanted: string | undefined): Entry => {
  const found =
    wanted === undefined
      ? entries.filter(({ fileName }) => !/(^|\/)([._]|readme(\.\w+)?$)/i.test(fileName))
      : entries.filter(({ fileName }) => fileName === wanted);
  if (found.length === 1) return found[0];
  const listed = entries.slice(0, 20).map(({ fileName }) => `"${fileName}"`);
  const all = entries.length > 20 ? `${listed.join(', ')} and ${entries.length - 20} more` : listed.join(', ');
  const holds = `it holds ${all || 'no files'}`;
  if (wanted === undefined)
    throw new DataError('bad-data', `${name}: is a zip archive of several files; ${holds}.`, {
      advice: { option: 'entry', purpose: 'to name the file to read' },
    });
  throw new DataError(
    'bad-data',
    `${name}: has ${found.length === 0 ? 'no' : 'more than one'} entry "${wanted}"; ${holds}`,
  );
};

/** Yields an entry's bytes, counted and checked as they come: what the archive says about them may be wrong. */
async function* unpack(
  name: string,
  { zip, entry, unpackLimit }: { zip: ZipFile; entry: Entry; unpackLimit: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const limit = Math.min(unpackLimit, Math.max(alwaysAllowed, largestRatio * entry.compressedSize));
  let size = 0;
  let checksum = 0;
  let packed: Readable | undefined;
  try {
    packed = await zip.openReadStreamPromise(entry).catch((cause: Error) => {
      throw new DataError('bad-data', `${name}: cannot be unpacked: ${cause.message}`, { cause });
    });
    packed.on('error', () => undefined); // one that comes when nobody reads any more is nobody's
    for await (const piece of packed as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > limit)
        throw new DataError(
          'bad-data',
          `${name}: unpacks to more than ${limit} bytes from ${entry.compressedSize}; unpackLimit is ${unpackLimit}`,
        );
      checksum = crc32(piece, checksum);
      yield piece;
    }
    if (checksum !== entry.crc32) throw new Error('its checksum differs');
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError('bad-data', `${name}: is damaged or cut off in the zip archive (${(cause as Error).message})`, {
      cause,
    });
  } finally {
    packed?.destroy();
    zip.close();
  }
}
