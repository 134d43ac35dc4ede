import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ShardError } from '../errors.js';

/** What outputs are made from, by name; the same names and values make the same bytes. */
export type ShardSettings = Readonly<Record<string, string>>;

const recordSchema = z.strictObject({
  format: z.literal(1),
  input: z.string(),
  inputBytes: z.int().min(0),
  inputSha256: z.string(),
  output: z.string(),
  rows: z.int().min(0),
  skipped: z.int().min(0),
  unknownItems: z.int().min(0),
  fallbacks: z.int().min(0),
  bytes: z.int().min(0),
  sha256: z.string(),
  settings: z.record(z.string(), z.string()),
});

/** What is kept of a shard that is done. */
export interface ShardRecord {
  readonly format: 1;
  /** Name of the input, its size, and its sha256 in hexadecimal. */
  readonly input: string;
  readonly inputBytes: number;
  readonly inputSha256: string;
  /** Name of the output, and how many lines or rows it has. */
  readonly output: string;
  readonly rows: number;
  /** Bad lines, for which `null` was written. */
  readonly skipped: number;
  /** How often an item was skipped because the model does not know it. */
  readonly unknownItems: number;
  /** How many histories got the fallback. */
  readonly fallbacks: number;
  /** Size of the output, and its sha256 in hexadecimal. */
  readonly bytes: number;
  readonly sha256: string;
  /** The model, engine, version, options and inputs that it was made with. */
  readonly settings: ShardSettings;
}

/** What `manifest.json` says of the outputs, written when all shards are done. */
export interface ShardsManifest {
  readonly format: 1;
  readonly settings: ShardSettings;
  /** Lines or rows of all outputs. */
  readonly rows: number;
  /** In the order of the names of the inputs. */
  readonly shards: readonly Omit<ShardRecord, 'format' | 'settings'>[];
}

/** Reads a record; undefined if there is none, or none that can be read, whose shard is then done again. */
export const readRecord = async (path: string): Promise<ShardRecord | undefined> => {
  try {
    return recordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
};

/** @throws {ShardError} `other-settings`, with what differs. */
export const refuseOtherSettings = (path: string, before: ShardSettings, now: ShardSettings): void => {
  const changed = Object.keys({ ...before, ...now }).filter((name) => before[name] !== now[name]);
  if (changed.length === 0) return;
  const differences = changed.map((name) => `${name} was ${before[name]}, now ${now[name]}`).join('; ');
  throw new ShardError(
    'other-settings',
    `${path}: was made with other settings: ${differences}. Use the same for all shards, or another folder of outputs.`,
  );
};
