import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { DataError } from '../../errors.js';
import type { FilePart } from './list-sources.js';

/** Largest ratio of unpacked to packed size. Data has a ratio of 3 to 30, a zip bomb about 1,000. */
const largestRatio = 200;
/** Unpacked bytes that are allowed with any ratio: a short file may repeat one line. */
const alwaysAllowed = 2 ** 24;

/**
 * Opens an entry of a zip archive. An archive whose entries point outside its folder is refused.
 *
 * @param name name of the archive, for errors.
 * @param archive its path, or its bytes.
 * @param options.entry name of the entry. Optional if the archive has only one data file.
 * @param options.unpackLimit most bytes of the unpacked entry.
 * @throws {DataError} naming archive and entry, on a damaged archive or an entry that is missing, encrypted or unsafe; while it is read, on an entry
 *   that is damaged or unpacks to too much.
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

/** Returns the entry with a name, or the only one that is not a hidden file or a README. */
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

/** Yields the bytes of an entry. They are counted and checked, because sizes in the archive may be wrong. */
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
    packed.on('error', () => undefined); // an error after the last read does not matter
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
