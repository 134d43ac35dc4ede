import { z } from 'zod';

const text = z.string().min(1).max(512);
const run = z.string().min(1).max(1024);
const ids = (most: number) => z.array(text).max(most);
const count = (most: number) => z.coerce.number().int().min(1).max(most);

export const runQuerySchema = z.strictObject({ run });

export const itemsQuerySchema = z.strictObject({
  run,
  query: z.string().max(512).default(''),
  limit: count(100).default(20),
});

export const similarQuerySchema = z.strictObject({ run, item: text, k: count(100).default(10) });

const condition = z.union([
  z.array(z.string().max(512)).min(1).max(100),
  z.strictObject({ min: z.number().optional(), max: z.number().optional() }),
]);

export const listRequestSchema = z.strictObject({
  run,
  history: ids(1000),
  k: z.int().min(1).max(100).default(10),
  exclude: ids(1000).default([]),
  filter: z.record(z.string().min(1).max(128), condition).optional(),
  /** Seconds between two items of the history, and between the newest and now; for a model that uses times. */
  gap: z.number().gt(0).default(3600),
});
