import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Bytes per call: `Hash.update` refuses 2 GiB or more. */
const largestPiece = 2 ** 30;

/**
 * Returns the sha256 of the concatenation of texts and arrays, in hexadecimal.
 *
 * @example
 * sha256Of('abc'); // 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
 */
export const sha256Of = (...contents: readonly (ArrayBufferView | string)[]): string => {
  const hash = createHash('sha256');
  for (const content of contents) {
    if (typeof content === 'string') {
      hash.update(content);
      continue;
    }
    const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
    for (let start = 0; start < bytes.length; start += largestPiece)
      hash.update(bytes.subarray(start, start + largestPiece));
  }
  return hash.digest('hex');
};

/**
 * Returns the sha256 of a file in hexadecimal.
 *
 * @example
 * await sha256OfFile('ratings.csv'); // 64 hexadecimal digits
 */
export const sha256OfFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(piece);
  return hash.digest('hex');
};
