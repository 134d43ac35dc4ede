import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { countItems, leaveOneOut, type SequenceBatch, shardBatchSource, type UserSequences } from '@recsys/data';
import { beforeAll, describe, expect, it } from 'vitest';
import { isPrepared, prepare, readManifest, readPrepared, sequencesFromShards } from '../index.js';
import { scratchFolder, writeParquet } from '../test-support.js';

const at = scratchFolder();
const directory = at('prepared');
const source = at('events.parquet');
const write = () => prepare({ from: source, out: directory, shards: 4, overwrite: true });

beforeAll(async () => {
  await writeParquet(
    source,
    `select 'u' || hash(n) % 500 as "user", 'i' || hash(n * 7) % 60 as item, 1600000000 + n as ts from range(4000) r(n)`,
  );
  await write();
});

const part = (sequences: UserSequences) => leaveOneOut(sequences).train;

const histories = (batches: readonly SequenceBatch[]): string[] =>
  batches.flatMap(({ size, offsets, items }) =>
    Array.from({ length: size }, (_, b) => items.subarray(offsets[b], offsets[b + 1]).join(' ')),
  );

describe('sequencesFromShards', () => {
  it('has the train part of all users, and trains on each once in an epoch', async () => {
    const { train } = leaveOneOut(await readPrepared(directory));
    const shards = await sequencesFromShards(directory, { part });
    expect(shards.itemCounts).toEqual(countItems(train));
    expect(shards.catalog.ids).toEqual(train.catalog.ids);
    const lengths = shards.lengths.flatMap((own) => [...own]);
    expect(lengths).toEqual(Array.from(train.ends, (end, user) => end - train.offsets[user]));
    const batches: SequenceBatch[] = [];
    for await (const batch of shardBatchSource(shards, { batchSize: 32, maxLength: 100, seed: 1 }).epoch(1))
      batches.push(batch);
    const expected = Array.from(train.ends, (end, user) =>
      train.items.subarray(train.offsets[user], end - 1).join(' '),
    );
    expect(histories(batches).sort()).toEqual(expected.filter((text) => text !== '').sort());
    expect((await shards.readWhole(1)).users.ids).toEqual(
      train.users.ids.slice(shards.lengths[0].length).slice(0, shards.lengths[1].length),
    );
    shards.close();
  });

  it('has another fingerprint for another part, order or content', async () => {
    const fingerprintOf = async (options?: Parameters<typeof sequencesFromShards>[1]) => {
      const shards = await sequencesFromShards(directory, options);
      shards.close();
      return shards.fingerprint;
    };
    const fingerprints = [
      await fingerprintOf(),
      await fingerprintOf({ part }),
      await fingerprintOf({ shardsAtOnce: 3 }),
    ];
    expect(new Set(fingerprints).size).toBe(3);
    expect(await fingerprintOf({ part })).toBe(fingerprints[1]);
    await expect(fingerprintOf({ shardsAtOnce: 0 })).rejects.toThrow('sequencesFromShards: shardsAtOnce');
    await expect(fingerprintOf({ shard: 1 } as never)).rejects.toThrow('unknown option shard');
  });
});

describe('a prepared directory', () => {
  it('that is none, or is damaged, is refused by the name of the file', async () => {
    expect([await isPrepared(directory), await isPrepared(at('.')), await isPrepared(at('none'))]).toEqual([
      true,
      false,
      false,
    ]);
    await expect(readPrepared(at('.'))).rejects.toMatchObject({ code: 'not-prepared' });
    const { shards } = await readManifest(directory);
    const file = `${directory}/${shards[2].file}`;
    const refuse = (message: string) =>
      expect(readPrepared(directory)).rejects.toMatchObject({
        code: 'damaged',
        message: expect.stringContaining(message),
      });

    const content = readFileSync(file);
    content[content.length >> 1] ^= 1;
    writeFileSync(file, content);
    await refuse(`${shards[2].file}: does not match its sha256`);
    appendFileSync(file, 'x');
    await refuse(`has ${content.length + 1} bytes, not ${content.length}`);
    rmSync(file);
    await refuse('is missing');

    await write();
    const manifest = `${directory}/manifest.json`;
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.replace('"interactions": ', '"interactions": 1'));
    await refuse('the interactions of the shards do not add up');
    writeFileSync(manifest, text.replace('"format": 1', '"format": 2'));
    await refuse('manifest.json: is damaged, or of another version: format');
    writeFileSync(manifest, text.slice(0, 100));
    await refuse('it is not JSON');
  });
});
