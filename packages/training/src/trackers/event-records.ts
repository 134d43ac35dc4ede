import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import crc32c from 'crc-32/crc32c.js';
import type { Scalar } from './scalars.js';

const { Bit32, Bit64, LengthDelimited, Varint } = WireType;

/** What an event says: the version of the format, which a file begins with; that training starts again at a step; or scalars. */
type EventContent = { readonly version: 'brain.Event:2' } | { readonly restartsAt: number } | Scalar;

/**
 * Returns an event of TensorBoard as a record of a file: the message `Event` of TensorFlow's `event.proto`, framed as a `TFRecord`.
 * @param milliseconds when it happened, since 1970.
 */
export const eventRecord = (milliseconds: number, content: EventContent): Uint8Array => {
  const event = new BinaryWriter().tag(1, Bit64).double(milliseconds / 1000); // wall_time
  if ('version' in content)
    event.tag(3, LengthDelimited).string(content.version); // file_version
  else if ('restartsAt' in content) {
    event.tag(2, Varint).int64(content.restartsAt); // step
    event.tag(7, LengthDelimited).fork().tag(1, Varint).int32(1).join(); // session_log { status: START }
  } else {
    event.tag(2, Varint).int64(content.step);
    event.tag(5, LengthDelimited).fork().tag(1, LengthDelimited).fork(); // summary { value { tag, simple_value } }
    event.tag(1, LengthDelimited).string(content.name).tag(2, Bit32).float(Math.fround(content.value));
    event.join().join();
  }
  return framed(event.finish());
};

/** Returns bytes as a `TFRecord`: their length, its checksum, the bytes, their checksum. */
const framed = (bytes: Uint8Array): Uint8Array => {
  const record = new Uint8Array(bytes.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(bytes, 12);
  view.setUint32(12 + bytes.length, maskedCrc(bytes), true);
  return record;
};

/** Returns the CRC-32C of bytes, rotated and shifted, as TensorFlow keeps it: the plain one of data with checksums in it would be weak. */
const maskedCrc = (bytes: Uint8Array): number => {
  const crc = crc32c.buf(bytes) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

/** A record of an event file, and what it is about. */
interface ReadRecord {
  readonly record: Uint8Array;
  readonly step: number;
  /** Names of its scalars. */
  readonly names: readonly string[];
}

/** Returns the records of an event file, up to the first that is torn or damaged. */
export const readRecords = (file: Uint8Array): ReadRecord[] => {
  const records: ReadRecord[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  for (let at = 0; at + 16 <= file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const end = at + 16 + length;
    if (end > file.length) break;
    const event = file.subarray(at + 12, end - 4);
    if (view.getUint32(end - 4, true) !== maskedCrc(event)) break;
    records.push({ record: file.subarray(at, end), ...contentOf(event) });
    at = end;
  }
  return records;
};

const contentOf = (event: Uint8Array): { step: number; names: string[] } => {
  let step = 0;
  const names: string[] = [];
  eachField(event, (field, reader) => {
    if (field === 2) step = Number(reader.int64());
    else if (field !== 5) return false;
    else
      eachField(reader.bytes(), (_, summary) => {
        eachField(summary.bytes(), (ofValue, value) => {
          if (ofValue !== 1) return false;
          names.push(value.string());
          return true;
        });
        return true;
      });
    return true;
  });
  return { step, names };
};

/** Reads the fields of a message; `read` returns false for one that is to be skipped. */
const eachField = (message: Uint8Array, read: (field: number, reader: BinaryReader) => boolean): void => {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (!read(field, reader)) reader.skip(type, field);
  }
};
