import { Readable } from 'node:stream';
import { type ReadInteractionsOptions, readInteractions } from '../index.js';

/** Reads text that arrives in pieces of `pieceSize` bytes. */
export const read = (text: string | Buffer, options?: ReadInteractionsOptions, pieceSize = 1 << 16) => {
  const bytes = Buffer.from(text as string);
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceSize) }, (_, i) =>
    bytes.subarray(i * pieceSize, (i + 1) * pieceSize),
  );
  return readInteractions(Readable.from(pieces), options);
};
/** Returns the rows of what `read` reads. */
export const rowsOf = async (...args: Parameters<typeof read>) => (await read(...args)).table.objects();
