import { DataError } from '../../errors.js';
import { collect, type OpenBytes, openBytes } from '../../files/open-bytes.js';
import type { FilePart } from './list-sources.js';
import { openZipEntry } from './open-zip-entry.js';

/** The unpacked bytes of a file. */
export interface OpenedFile extends OpenBytes {
  readonly name: string;
  /** Its path, if the bytes are those of the file itself. */
  readonly path: string | undefined;
}

/** Most bytes of a zip archive from a URL or stream. It is kept in memory, because its list of entries is at its end. */
const largestZipInMemory = 2 ** 30;

const isZip = (head: Uint8Array): boolean =>
  head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6));

/**
 * Opens a file, or the entry of a zip archive, and closes it after it was read.
 * @throws {DataError} on a file that cannot be read, or an archive without such an entry.
 */
export const readPart = async (
  part: FilePart,
  { entry, unpackLimit }: { entry: string | undefined; unpackLimit: number },
  read: (file: OpenedFile) => Promise<void>,
): Promise<void> => {
  const { name } = part;
  const source = await part.open();
  try {
    const opened = await openBytes(name, source);
    const path = opened.plain ? part.path : undefined;
    if (!isZip(opened.head)) {
      if (entry !== undefined)
        throw new DataError('bad-data', `${name}: is not a zip archive, so it has no entry "${entry}"`);
      await read({ ...opened, name, path });
      return;
    }
    const limit = largestZipInMemory;
    const tooMany = `${name}: is a zip archive of more than ${limit} bytes; save it to a file, and read that by its path`;
    const archive = path ?? Buffer.from((await collect(opened.bytes, { limit, tooMany })).buffer);
    await readMember(await openZipEntry(name, archive, { entry, unpackLimit }), read);
  } finally {
    source.destroy();
  }
};

const readMember = async ({ name, open }: FilePart, read: (file: OpenedFile) => Promise<void>): Promise<void> => {
  const source = await open();
  try {
    const opened = await openBytes(name, source);
    if (isZip(opened.head))
      throw new DataError('bad-data', `${name}: is a zip archive within a zip archive; unpack it first`);
    await read({ ...opened, name, path: undefined });
  } finally {
    source.destroy();
  }
};
