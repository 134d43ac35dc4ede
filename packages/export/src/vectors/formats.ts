import type { Vectors } from './vectors.js';

/**
 * Returns vectors as a file of NumPy, float32 `[rows, units]` (format 1.0,
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 * @example
 * await writeFile('items.npy', toNpy(itemVectors(model)));
 */
export const toNpy = ({ ids, units, values }: Vectors): Uint8Array => {
  const magic = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0];
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${ids.length}, ${units}), }`;
  const start = Math.ceil((magic.length + 2 + description.length + 1) / 64) * 64; // the values are aligned
  const length = start - magic.length - 2;
  const file = new Uint8Array(start + values.byteLength);
  file.set(magic);
  new DataView(file.buffer).setUint16(magic.length, length, true);
  file.set(new TextEncoder().encode(`${description.padEnd(length - 1)}\n`), magic.length + 2);
  file.set(bytesOf(values), start);
  return file;
};

/**
 * Returns vectors as fvecs: for each one its width as int32, then its numbers as float32 (http://corpus-texmex.irisa.fr).
 * @example
 * await writeFile('items.fvecs', toFvecs(itemVectors(model)));
 */
export const toFvecs = ({ ids, units, values }: Vectors): Uint8Array => {
  const words = new Float32Array(ids.length * (units + 1));
  const widths = new Int32Array(words.buffer);
  ids.forEach((_, row) => {
    widths[row * (units + 1)] = units;
    words.set(values.subarray(row * units, (row + 1) * units), row * (units + 1) + 1);
  });
  return bytesOf(words);
};

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
