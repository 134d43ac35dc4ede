import { type Batch, type Column, type DataType, type Field, Type } from '@uwdata/flechette';
import { decimalText, hexText, textOrBytes, uuidText } from './exact-values.js';

/** How flechette reads values without loss, together with `exactValues`. */
export const exactExtraction = { useDate: true, useBigInt: true, useDecimalBigInt: true } as const;

/**
 * Yields the values of a column of Arrow in order. Integers that a number cannot hold are bigints. Decimals become text with all their digits, bytes
 * of a fixed length hexadecimal text or a UUID. Other bytes and text become text, or stay bytes if they are not UTF-8.
 */
export const exactValues = (column: Column<unknown>, field: Field): Generator<unknown, void, undefined> =>
  valuesOf(column, field.metadata?.get('ARROW:extension:name') === 'arrow.uuid');

function* valuesOf(column: Column<unknown>, isUuid: boolean): Generator<unknown, void, undefined> {
  /** The values of dictionaries, which several batches share. */
  const dictionaries = new Map<Column<unknown>, readonly unknown[]>();
  const entriesOf = (dictionary: Column<unknown>) => {
    const entries = dictionaries.get(dictionary) ?? [...valuesOf(dictionary, isUuid)];
    dictionaries.set(dictionary, entries);
    return entries;
  };
  for (const batch of column.data) {
    const value = valueReader(batch, { isUuid, entriesOf });
    for (let i = 0; i < batch.length; i++) yield batch.nullCount > 0 && !batch.isValid(i) ? null : value(i);
  }
}

/** What flechette knows of a batch of text, of times or of a dictionary, but does not declare. */
interface OpenBatch extends Batch<unknown> {
  readonly dictionary: Column<unknown>;
  /** The batch of counts under a batch of `Date`s. */
  readonly source?: Batch<unknown>;
  key(index: number): number;
  view(index: number): Uint8Array;
}

const valueReader = (
  batch: Batch<unknown>,
  { isUuid, entriesOf }: { isUuid: boolean; entriesOf: (dictionary: Column<unknown>) => readonly unknown[] },
): ((index: number) => unknown) => {
  const type = batch.type as DataType;
  switch (type.typeId) {
    case Type.Dictionary: {
      const entries = entriesOf((batch as OpenBatch).dictionary);
      return (index) => entries[(batch as OpenBatch).key(index)];
    }
    case Type.RunEndEncoded: {
      const [ends, values] = batch.children as [Batch<number>, Batch<unknown>];
      const value = valueReader(values, { isUuid, entriesOf });
      let run = 0;
      return (index) => {
        while (Number(ends.at(run)) <= index) run += 1; // rows are read in order
        return values.nullCount > 0 && !values.isValid(run) ? null : value(run);
      };
    }
    case Type.Utf8:
    case Type.LargeUtf8: {
      // Not `batch.value`, which drops a byte-order mark and replaces what is not UTF-8.
      const bytes = batch.values as Uint8Array;
      const offsets = batch.offsets!;
      return (index) => textOrBytes(bytes.subarray(Number(offsets[index]), Number(offsets[index + 1])));
    }
    case Type.Utf8View:
      return (index) => textOrBytes((batch as OpenBatch).view(index));
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
      return (index) => textOrBytes(batch.value(index) as Uint8Array);
    case Type.FixedSizeBinary:
      return (index) => (isUuid ? uuidText : hexText)(batch.value(index) as Uint8Array);
    case Type.Timestamp: {
      // In nanoseconds; `Date` would round them.
      const counts = ((batch as OpenBatch).source ?? batch).values as BigInt64Array;
      const nanoseconds = [1_000_000_000n, 1_000_000n, 1000n, 1n][type.unit];
      return (index) => counts[index] * nanoseconds;
    }
    case Type.Decimal:
      return (index) => decimalText(batch.value(index) as bigint, type.scale);
    default:
      return (index) => {
        const value = batch.at(index);
        return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
      };
  }
};
