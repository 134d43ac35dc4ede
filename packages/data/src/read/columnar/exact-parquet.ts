import type { ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet';
import { bigEndianInteger, decimalText, hexText, textOrBytes } from './exact-values.js';

/**
 * How hyparquet reads values without loss, together with `exactValues`. Bytes without a type stay bytes (`utf8`), and text that is not UTF-8, too.
 */
export const exactReading = {
  utf8: false,
  parsers: { stringFromBytes: (bytes) => bytes && textOrBytes(bytes) },
} satisfies { utf8: boolean; parsers: Partial<ParquetParsers> };

/**
 * Returns a function that makes the values of a column exact, or undefined for a column whose values hyparquet reads exactly by itself. It also
 * changes the schema: hyparquet would turn decimals into floats, and does not know that old writers leave text without a type.
 *
 * - Decimals of any precision become text with all their digits.
 * - Bytes of any length become text, or stay bytes if they are not UTF-8. Bytes of a fixed length become hexadecimal text.
 *
 * @param column the column; for lists, the values in them are meant.
 */
export const exactValues = (column: SchemaTree): ((value: unknown) => unknown) | undefined => {
  let leaf = column;
  while (leaf.children.length === 1) [leaf] = leaf.children;
  if (leaf.children.length > 0) return undefined; // a struct or a map, which cannot be an id
  const exact = exactLeaf(leaf.element);
  if (exact === undefined) return undefined;
  const convert = (value: unknown): unknown => (Array.isArray(value) ? value.map(convert) : exact(value));
  return convert;
};

const exactLeaf = (element: SchemaElement): ((value: unknown) => unknown) | undefined => {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    const scale = logical?.type === 'DECIMAL' ? logical.scale : (element.scale ?? 0);
    delete element.converted_type;
    delete element.logical_type;
    return (value) => {
      if (value instanceof Uint8Array) return decimalText(bigEndianInteger(value), scale);
      return typeof value === 'number' || typeof value === 'bigint' ? decimalText(BigInt(value), scale) : value;
    };
  }
  if (converted === 'UINT_64' || (logical?.type === 'INTEGER' && logical.bitWidth === 64 && !logical.isSigned))
    return (value) => (typeof value === 'bigint' ? BigInt.asUintN(64, value) : value);
  const isText = converted === 'ENUM' || logical?.type === 'ENUM';
  if (type === 'BYTE_ARRAY' && (isText || (converted === undefined && logical === undefined)))
    element.converted_type = 'UTF8';
  if (type === 'FIXED_LEN_BYTE_ARRAY' && converted === undefined && logical === undefined)
    return (value) => (value instanceof Uint8Array ? hexText(value) : value);
  return undefined;
};
