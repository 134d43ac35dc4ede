import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256OfFile } from '@recsys/data/node';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, it } from 'vitest';
import { LastItemModel, letters, useTestBackend } from '../../../../test/support/models.js';
import { jsonLines, Shards, type ShardsOptions } from './index.js';

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-shards-'));
afterAll(() => rmSync(root, { recursive: true }));

const model = new LastItemModel({ catalog: letters(6), maxLength: 3 });
/** Returns folders with these inputs, and a function that opens them. */
const folders = (files: Readonly<Record<string, readonly unknown[]>>) => {
  const folder = mkdtempSync(join(root, 'case-'));
  const [inputs, outputs] = [join(folder, 'in'), join(folder, 'out')];
  mkdirSync(inputs);
  for (const [name, lines] of Object.entries(files))
    writeFileSync(join(inputs, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const open = ({ recommend, ...more }: Partial<ShardsOptions> = {}) =>
    Shards.open(model, { inputs, outputs, recommend: { k: 2, ...recommend }, ...more });
  return { inputs, outputs, open };
};
const two = { 'b.jsonl': [['a'], { user: 7, history: ['b', 'c'] }], 'a.ndjson': [{ id: 'x', history: ['d'] }, []] };

describe('Shards.open', () => {
  it('numbers files by their names, does each once, and writes a manifest when all are done', async () => {
    const { inputs, outputs, open } = folders({ ...two, '_SUCCESS.jsonl': [], '.hidden.jsonl': [], 'notes.txt': [] });
    const shards = await open({ onError: 'skip' });
    expect(shards.inputs).toEqual(['a.ndjson', 'b.jsonl']);
    const { record, wasDone } = await shards.run(1);
    expect([record.input, record.output, record.rows, wasDone]).toEqual(['b.jsonl', 'b.jsonl', 2, false]);
    expect(await shards.run(1)).toEqual({ record, wasDone: true });
    expect(await shards.finish()).toBeUndefined();
    const progress: number[] = [];
    await shards.run(0, { onProgress: (rows) => progress.push(rows) });
    expect(progress).toEqual([2]);
    const manifest = await (await open({ onError: 'skip' })).finish();
    expect(manifest).toMatchObject({ rows: 4, settings: { k: '2', engine: 'cpu' } });
    expect(manifest!.shards.map(({ input, skipped }) => [input, skipped])).toEqual([
      ['a.ndjson', 1],
      ['b.jsonl', 0],
    ]);
    expect(manifest!.shards[0].sha256).toBe(await sha256OfFile(join(outputs, 'a.jsonl')));
    expect(manifest!.shards[0].inputSha256).toBe(await sha256OfFile(join(inputs, 'a.ndjson')));
    expect(JSON.parse(readFileSync(join(outputs, 'manifest.json'), 'utf8'))).toEqual(manifest);
    const [first, bad] = readFileSync(join(outputs, 'a.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(first)).toMatchObject({ id: 'x', recommendations: [{ score: expect.any(Number) }, {}] });
    expect(bad).toBe('null');
    expect(readdirSync(outputs).sort()).toEqual(['.shards', 'a.jsonl', 'b.jsonl', 'manifest.json']);
  });

  it('writes Parquet with the lists of JSON lines', async () => {
    const lines = folders(two);
    const columns = folders(two);
    for (const shard of [0, 1]) {
      await (await lines.open({ onError: 'skip' })).run(shard);
      await (await columns.open({ onError: 'skip', format: 'parquet' })).run(shard);
      const name = ['a', 'b'][shard];
      const file = await asyncBufferFromFile(join(columns.outputs, `${name}.parquet`));
      const rows = await parquetReadObjects({ file });
      const expected = readFileSync(join(lines.outputs, `${name}.jsonl`), 'utf8')
        .trim()
        .split('\n');
      expect(rows).toEqual(
        expected.map((line) => {
          const value = JSON.parse(line);
          const list: { item: string; score: number }[] | null = Array.isArray(value)
            ? value
            : (value?.recommendations ?? null);
          return {
            user: value?.user === undefined ? null : String(value.user),
            id: value?.id ?? null,
            items: list?.map(({ item }) => item),
            scores: list?.map(({ score }) => score),
          };
        }),
      );
    }
  });

  it('does again what is not as recorded, and removes what a killed process left', async () => {
    const { outputs, open } = folders({ 'a.jsonl': [['a'], ['b']] });
    const shards = await open();
    const { record } = await shards.run(0);
    writeFileSync(join(outputs, 'a.jsonl'), 'cut');
    for (const name of ['.partial-a.jsonl', '.shards/.partial-a.json'])
      writeFileSync(join(outputs, `${name}-00000000-0000-4000-8000-000000000000`), 'half');
    expect(await shards.finish()).toBeUndefined();
    expect(await shards.run(0)).toEqual({ record, wasDone: false });
    expect(await sha256OfFile(join(outputs, 'a.jsonl'))).toBe(record.sha256);
    writeFileSync(join(outputs, '.shards', 'a.json'), '{');
    expect(await shards.run(0)).toEqual({ record, wasDone: false });
    expect(readdirSync(outputs).sort()).toEqual(['.shards', 'a.jsonl']);
    expect(readdirSync(join(outputs, '.shards'))).toEqual(['a.json']);
  });

  it('refuses a shard that another process works on, and takes it over when nobody renews its mark', async () => {
    const { outputs, open } = folders({ 'a.jsonl': [['a']] });
    const shards = await open();
    const mark = join(outputs, '.shards', 'a.in-use-by-1-77-boot0123456789ab@elsewhere');
    const text = (times: number) => `01234567-89ab-4cde-8f01-23456789abcd 000500 ${String(times).padStart(12, '0')}`;
    let times = 0;
    writeFileSync(mark, text(0));
    const renewal = setInterval(() => writeFileSync(mark, text(++times)), 50);
    expect(await shards.isMarked(0)).toBe(true);
    await expect(shards.run(0)).rejects.toThrow(expect.objectContaining({ code: 'in-use' }));
    clearInterval(renewal);
    expect((await shards.run(0)).wasDone).toBe(false);
    expect(await shards.isMarked(0)).toBe(false);
  });

  it('stops without an output when another process has taken over', async () => {
    const { outputs, open } = folders({ 'a.jsonl': Array.from({ length: 2500 }, () => ['a']) });
    const shards = await open();
    const onProgress = (rows: number) => {
      if (rows !== 1000) return;
      const mark = readdirSync(join(outputs, '.shards')).find((name) => name.startsWith('a.in-use-by-'))!;
      rmSync(join(outputs, '.shards', mark));
    };
    await expect(shards.run(0, { onProgress })).rejects.toThrow(expect.objectContaining({ code: 'lost-lock' }));
    expect(readdirSync(outputs)).toEqual(['.shards']);
  });

  it('refuses other settings, and an input that has changed', async () => {
    const { inputs, open } = folders(two);
    await (await open({ onError: 'skip' })).run(0);
    await expect(open({ recommend: { k: 3 } })).rejects.toThrow(/was made with other settings: k was 2, now 3\. Use/);
    await expect(open({ format: 'parquet' })).rejects.toThrow(/format was jsonl, now parquet/);
    await expect(open({ recommend: { exclude: ['a'] } })).rejects.toThrow(/exclude was none, now 1 items of sha256/);
    appendFileSync(join(inputs, 'a.ndjson'), '["a"]\n');
    await expect((await open()).run(0)).rejects.toThrow(/a\.ndjson was \d+ bytes, now \d+ bytes/);
    writeFileSync(join(inputs, 'c.jsonl'), '["a"]\n');
    await expect(open()).rejects.toThrow(/inputs was 2 files of sha256 \w+, now 3 files/);
  });

  it('names what is wrong with inputs and options', async () => {
    const { inputs, outputs, open } = folders(two);
    await expect((await open()).run(0)).rejects.toThrow(
      expect.objectContaining({
        code: 'bad-history',
        message: expect.stringContaining('a.ndjson:2: must be a non-empty'),
      }),
    );
    expect(existsSync(join(outputs, 'a.jsonl'))).toBe(false);
    await expect((await open()).run(2)).rejects.toThrow('there is no shard 2: ');
    await expect(open({ outputs: inputs })).rejects.toThrow('is the folder of the inputs');
    await expect(open({ inputs: join(inputs, 'no') })).rejects.toThrow('no: cannot be read: ENOENT');
    await expect(open({ leaseSeconds: 0 })).rejects.toThrow('leaseSeconds must be in 0.1..300, got 0');
    await expect(open({ format: 'csv' as never })).rejects.toThrow('format must be jsonl or parquet, got csv');
    await expect(open({ recommend: { k: 9 } })).rejects.toThrow('k must be an integer from 1 to 6');
    await expect(open({ recommend: { at: 1, limit: 2 } as never })).rejects.toThrow('unknown option limit');
    const twins = folders({ 'a.jsonl': [['a']], 'a.ndjson': [['a']] });
    await expect(twins.open()).rejects.toThrow('a.jsonl and a.ndjson would have the same output, a');
    await expect(folders({ 'a.txt': [] }).open()).rejects.toThrow('has no .jsonl, .ndjson or .parquet file');
    const timed = Object.assign(new LastItemModel({ catalog: letters(6) }), { usesTimes: true });
    await expect(Shards.open(timed, { inputs, outputs })).rejects.toThrow(
      /must be one for all shards\. Set at to that/,
    );
  });
});

describe('jsonLines', () => {
  it('is read back as the same values, and has nothing that steers a terminal', () => {
    const recommendations = [{ item: 'a\u001b\u009b\u007f"\\é\u202e', score: 1 }];
    const text = jsonLines([{ name: { user: 'u' }, recommendations }, { recommendations: undefined }]);
    expect(text).toMatch(/^[ -~é]+\nnull\n$/);
    expect(JSON.parse(text.split('\n')[0])).toEqual({ user: 'u', recommendations });
  });
});
