/** Event files of TensorBoard, read by libraries and not by what has written them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import crc32c from 'crc-32/crc32c.js';
import protobuf from 'protobufjs';

/** The part of TensorFlow's `event.proto` and `summary.proto` that is written. */
const { root: schema } = protobuf.parse(
  `
  syntax = "proto3";
  message Event {
    double wall_time = 1;
    int64 step = 2;
    oneof what { string file_version = 3; Summary summary = 5; SessionLog session_log = 7; }
  }
  message Summary {
    message Value { string tag = 1; oneof value { float simple_value = 2; } }
    repeated Value value = 1;
  }
  message SessionLog { enum SessionStatus { STATUS_UNSPECIFIED = 0; START = 1; } SessionStatus status = 1; }
`,
  { keepCase: true },
);
const Event = schema.lookupType('Event');

interface DecodedEvent {
  readonly wall_time: number;
  readonly step: string;
  readonly file_version?: string;
  readonly summary?: { readonly value: readonly { readonly tag: string; readonly simple_value: number }[] };
  readonly session_log?: { readonly status: string };
}

/** Returns the events of a file, each checksum checked. */
export const eventsIn = (path: string): DecodedEvent[] => {
  const file = readFileSync(path);
  const events: DecodedEvent[] = [];
  const check = (bytes: Buffer, masked: number) => {
    const crc = crc32c.buf(bytes) >>> 0;
    const rotated = BigInt(crc >>> 15) | ((BigInt(crc) << 17n) & 0xffffffffn);
    if (BigInt(masked) !== ((rotated + 0xa282ead8n) & 0xffffffffn)) throw new Error(`${path}: a checksum is wrong`);
  };
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    check(file.subarray(at, at + 8), file.readUInt32LE(at + 8));
    const event = file.subarray(at + 12, at + 12 + length);
    check(event, file.readUInt32LE(at + 12 + length));
    events.push(Event.toObject(Event.decode(event), { longs: String, enums: String }) as DecodedEvent);
    at += 16 + length;
  }
  return events;
};

/** Returns the curves in a directory: the values of each tag, by step, in the order in which they were written. */
export const curvesIn = (directory: string): Record<string, [step: number, value: number][]> => {
  const curves: Record<string, [number, number][]> = {};
  for (const name of readdirSync(directory).sort())
    for (const { step, summary } of eventsIn(join(directory, name)))
      for (const { tag, simple_value } of summary?.value ?? [])
        curves[tag] = [...(curves[tag] ?? []), [Number(step), simple_value]];
  return curves;
};
