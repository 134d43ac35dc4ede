import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { InteractionOrder } from '@recsys/data';
import { sha256OfFile } from '@recsys/data/node';
import { z } from 'zod';
import { PrepareError } from '../errors.js';

/** Name of the manifest in a prepared directory. */
export const manifestFile = 'manifest.json';

const count = z.int().min(0);

const fileSchema = z.strictObject({
  file: z.string().regex(/^[\w.-]+\.parquet$/),
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const kinds = [
  'iso-8601',
  'date',
  'epoch-seconds',
  'epoch-milliseconds',
  'epoch-microseconds',
  'epoch-nanoseconds',
  'number',
  'file-order',
] as const;

/** A file of a prepared directory. */
export interface PreparedFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A shard: columns user, item and, if there are times, time; in the order of users, of times, and of rows of the source. */
export interface PreparedShard extends PreparedFile {
  readonly firstUser: number;
  readonly users: number;
  readonly interactions: number;
}

/** What is in a prepared directory: the content of its `manifest.json`. */
export interface Manifest {
  readonly format: 1;
  /** Versions of the SQL of `prepare`, and of DuckDB. */
  readonly versions: { readonly sql: number; readonly duckdb: string };
  /** The options of `prepare` that decide the result, as they were given. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly counts: {
    /** Rows of the source. */
    readonly read: number;
    /** Rows that were no interactions. */
    readonly skipped: number;
    readonly interactions: number;
    readonly users: number;
    readonly items: number;
    /** Passes of the k-core that removed something. */
    readonly passes: number;
  };
  /** What puts interactions in order. */
  readonly order: InteractionOrder;
  /** The same in words. */
  readonly orderInWords: string;
  /** Seconds in one unit of the times. */
  readonly timeUnit: number;
  /** Whether outside ids are texts or numbers. */
  readonly ids: { readonly user: 'string' | 'number'; readonly item: 'string' | 'number' };
  /** Columns index, id and interactions. */
  readonly users: PreparedFile;
  /** Columns index, id and interactions. */
  readonly items: PreparedFile;
  readonly shards: readonly PreparedShard[];
}

const idKind = z.enum(['string', 'number']);

const manifestSchema = z.strictObject({
  format: z.literal(1),
  versions: z.strictObject({ sql: z.int(), duckdb: z.string() }),
  options: z.record(z.string(), z.json()),
  counts: z.strictObject({
    read: count,
    skipped: count,
    interactions: count,
    users: count,
    items: count,
    passes: count,
  }),
  order: z.strictObject({
    kind: z.enum(kinds),
    column: z.union([z.string(), z.literal(false)]).optional(),
    finer: z.literal(true).optional(),
  }),
  orderInWords: z.string(),
  timeUnit: z.number().gt(0),
  ids: z.strictObject({ user: idKind, item: idKind }),
  users: fileSchema,
  items: fileSchema,
  shards: z.array(fileSchema.extend({ firstUser: count, users: count, interactions: count })).min(1),
});

/**
 * Returns whether there is a prepared directory at a path: one that has a manifest of ours.
 *
 * @example
 * await isPrepared('prepared'); // true
 */
export const isPrepared = async (path: string): Promise<boolean> => {
  try {
    const { format, shards } = JSON.parse(await readFile(join(path, manifestFile), 'utf8'));
    return format !== undefined && Array.isArray(shards);
  } catch {
    return false;
  }
};

/**
 * Returns the manifest of a prepared directory.
 *
 * @throws {PrepareError} `not-prepared` if there is none, `damaged` if it is not as `prepare` writes it or files are missing or cut short.
 * @example
 * (await readManifest('prepared')).counts; // { read: 1000209, skipped: 0, interactions: 999611, users: 6040, items: 3416, passes: 1 }
 */
export const readManifest = async (directory: string): Promise<Manifest> => {
  const path = join(directory, manifestFile);
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new PrepareError('not-prepared', `${directory}: is not a prepared directory: it has no ${manifestFile}`, {
      cause,
    });
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new PrepareError('damaged', `${path}: is damaged: it is not JSON`, { cause });
  }
  const parsed = manifestSchema.safeParse(content);
  if (!parsed.success) {
    const [{ path: at, message }] = parsed.error.issues;
    throw new PrepareError('damaged', `${path}: is damaged, or of another version: ${at.join('.')} ${message}`);
  }
  const manifest = parsed.data as Manifest;
  for (const what of ['users', 'interactions'] as const)
    if (manifest.shards.reduce((sum, shard) => sum + shard[what], 0) !== manifest.counts[what])
      throw new PrepareError('damaged', `${path}: is damaged: the ${what} of the shards do not add up`);
  for (const { file, bytes } of [manifest.users, manifest.items, ...manifest.shards]) {
    const size = (await stat(join(directory, file)).catch(() => undefined))?.size;
    if (size !== bytes)
      throw new PrepareError(
        'damaged',
        `${join(directory, file)}: ${size === undefined ? 'is missing' : `has ${size} bytes, not ${bytes}`}`,
      );
  }
  return manifest;
};

/** @throws {PrepareError} `damaged` when a file is not the one that was written. */
export const verifyFile = async (directory: string, { file, sha256 }: PreparedFile): Promise<void> => {
  const path = join(directory, file);
  if ((await sha256OfFile(path)) === sha256) return;
  throw new PrepareError('damaged', `${path}: does not match its sha256 in ${manifestFile}`);
};
