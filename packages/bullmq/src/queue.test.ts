import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { itemIds } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { Shards, type ShardsManifest } from '@recsys/model/node';
import { SASRec } from '@recsys/sasrec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../test/support/programs/free-port.js';
import { noRedis, startRedis } from '../../../test/support/programs/redis.js';
import { enqueueShards, type ShardJobResult, shardCounts, startWorker } from './index.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-bullmq-'));
afterAll(() => rmSync(root, { recursive: true }));

const inputs = join(root, 'histories');
const write = (name: string, lines: readonly unknown[]) =>
  writeFileSync(join(inputs, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
mkdirSync(inputs);
for (const name of ['a', 'b', 'c']) write(`${name}.jsonl`, [['item-1'], ['item-2', 'item-3']]);

await selectBackend({ prefer: 'cpu' });
const model = new SASRec({
  catalog: itemIds(Array.from({ length: 8 }, (_, i) => `item-${i + 1}`)),
  ...{ maxLength: 4, hiddenUnits: 4, seed: 1 },
});

it('says when Redis does not answer', async () => {
  const url = `redis://:secret@127.0.0.1:${await freePort()}`;
  await expect(shardCounts(url)).rejects.toThrow(
    expect.objectContaining({
      code: 'redis-unavailable',
      message: expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+: does not answer: /),
    }),
  );
}, 30_000);

describe.skipIf(noRedis !== undefined)(`shards as jobs${noRedis === undefined ? '' : ` (skipped: ${noRedis})`}`, () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  /** Runs a worker until no job waits, and returns what it said. */
  const work = async () => {
    const said: { done: ShardJobResult[]; failed: string[]; manifests: ShardsManifest[] } = {
      ...{ done: [], failed: [], manifests: [] },
    };
    const worker = startWorker(redis.url, model, {
      onDone: (result) => said.done.push(result),
      onFailed: (input, { message }) => said.failed.push(`${input}: ${message}`),
      onManifest: (manifest) => said.manifests.push(manifest),
    });
    for (;;) {
      const { waiting, active } = await shardCounts(redis.url);
      if (waiting + active === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await worker.close();
    return said;
  };

  it('does each shard once, as Shards.open does, and writes a manifest', async () => {
    const options = { inputs, outputs: join(root, 'lists'), recommend: { k: 2, exclude: ['item-4'] } };
    expect(await enqueueShards(redis.url, options)).toEqual({ shards: 3, added: 3 });
    expect(await enqueueShards(redis.url, options)).toEqual({ shards: 3, added: 0 });
    const { done, failed, manifests } = await work();
    expect(failed).toEqual([]);
    expect(done.map(({ output, wasDone }) => [output, wasDone])).toEqual(
      ['a', 'b', 'c'].map((name) => [`${name}.jsonl`, false]),
    );
    expect(manifests).toHaveLength(1);
    const alone = await Shards.open(model, { ...options, outputs: join(root, 'alone') });
    for (let shard = 0; shard < 3; shard++) await alone.run(shard);
    await alone.finish();
    for (const name of readdirSync(join(root, 'alone')).filter((name) => name !== '.shards'))
      expect(readFileSync(join(root, 'lists', name), 'utf8')).toBe(readFileSync(join(root, 'alone', name), 'utf8'));
    expect(await enqueueShards(redis.url, options)).toEqual({ shards: 3, added: 3 });
    expect((await work()).done.map(({ wasDone }) => wasDone)).toEqual([true, true, true]);
  });

  it('gives a shard up that no attempt can mend, says why, and takes it again when it is added again', async () => {
    const options = { inputs, outputs: join(root, 'mended') };
    write('b.jsonl', [[], ['item-1']]);
    await enqueueShards(redis.url, options);
    const { done, failed } = await work();
    expect(done).toHaveLength(2);
    expect(failed).toEqual([expect.stringContaining('b.jsonl:1: must be a non-empty array of items')]);
    expect(await shardCounts(redis.url)).toMatchObject({ failed: 1 });
    write('b.jsonl', [['item-1']]);
    expect(await enqueueShards(redis.url, options)).toEqual({ shards: 3, added: 3 });
    expect((await work()).manifests.at(-1)).toMatchObject({ rows: 5 });
  });

  it('refuses jobs of a folder that has other files now', async () => {
    await enqueueShards(redis.url, { inputs, outputs: join(root, 'other') });
    appendFileSync(join(inputs, '0.jsonl'), '["item-1"]\n');
    const { failed } = await work();
    expect(failed).toHaveLength(3);
    expect(failed[0]).toContain('shard 0 was a.jsonl, now 0.jsonl');
    await expect(enqueueShards(redis.url, { inputs, outputs: root, attempts: 0 })).rejects.toThrow('attempts must be');
    expect(() => startWorker(redis.url, model, { lockSeconds: 0 })).toThrow('lockSeconds must be >= 1, got 0');
  });
});
