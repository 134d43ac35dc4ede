import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as aq from 'arquero';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { fromTable, type InteractionFormat, type OutputFormat, readInteractions, writeInteractions } from '../index.js';

/** The rows are in no order of time. */
const columns = { timestamp: false } as const;

const root = mkdtempSync(join(tmpdir(), 'recsys-odd-'));
afterAll(() => rmSync(root, { recursive: true }));

interface Pair {
  readonly user: string;
  readonly item: string;
}

/** Parts of ids that parsers may take for something else. */
const parts = ['"', "'", '\r', '\n', '\r\n', ',', ';', '|', '\t', ' ', '::', '\\', '{', ']', '\0', '\x1b', '\u00a0'];
const texts = [
  '😀',
  'é',
  '\ufeff',
  '\u2028',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '-0',
  '1.0',
  '3.30',
  '1e5',
  '007',
];
const integers = ['9007199254740992', '9007199254740993', '1234567890123456789', '-18446744073709551616'];

const wellFormed = fc
  .array(fc.constantFrom(...parts, ...texts, ...integers), { minLength: 1, maxLength: 4 })
  .map((some) => some.join(''));
const surrogate = fc.constantFrom('\ud800', '\udc00x', 'x\ud83d');
const pairsOf = (id: fc.Arbitrary<string>): fc.Arbitrary<Pair[]> =>
  fc.array(fc.record({ user: id, item: id }), { minLength: 1, maxLength: 20 });

const delimited = (delimiter: string) => (rows: Pair[]) =>
  stringify(rows, { delimiter, header: true, columns: ['user', 'item'], quoted_match: /\s/ });

describe('odd ids', () => {
  it.each<[string, InteractionFormat, (rows: Pair[]) => string]>([
    ['CSV', 'csv', delimited(',')],
    ['CSV with semicolons', 'csv', delimited(';')],
    ['CSV with bars', 'csv', delimited('|')],
    ['TSV', 'tsv', delimited('\t')],
    ['JSON lines', 'jsonl', (rows) => rows.map((row) => JSON.stringify(row)).join('\n')],
    ['a JSON array', 'json', (rows) => JSON.stringify(rows)],
  ])('are read from %s as they are written (property)', async (_, format, write) => {
    const id = format === 'json' || format === 'jsonl' ? fc.oneof(wellFormed, surrogate) : wellFormed;
    await fc.assert(
      fc.asyncProperty(pairsOf(id), async (rows) => {
        const source = Readable.from([Buffer.from(write(rows))]);
        expect((await readInteractions(source, { format, columns })).table.objects()).toEqual(rows);
      }),
    );
  });

  it.each(['json', 'jsonl'] as const)('are numbers of any size in %s', async (format) => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), { minLength: 1 }),
        async (ids) => {
          const rows = ids.map((id) => `{"user":${id},"item":"x"}`);
          const text = format === 'json' ? `[${rows.join(',')}]` : rows.join('\n');
          const { table } = await readInteractions(Readable.from([Buffer.from(text)]), { format, columns });
          expect((table.array('user') as unknown[]).map(String)).toEqual(ids.map(String));
        },
      ),
    );
  });

  it.each<OutputFormat>(['csv', 'parquet', 'arrow'])('survive writing and reading %s (property)', async (format) => {
    const path = join(root, `a.${format}`);
    await fc.assert(
      fc.asyncProperty(pairsOf(wellFormed), async (rows) => {
        await writeInteractions(fromTable(aq.from(rows), { columns }), path);
        expect((await readInteractions(path, { columns })).table.objects()).toEqual(rows);
      }),
      { numRuns: format === 'csv' ? 100 : 10 },
    );
  });

  it('survive writing and reading text, or are refused (property)', async () => {
    const path = join(root, 'a.txt');
    await fc.assert(
      fc.asyncProperty(pairsOf(wellFormed), async (rows) => {
        const isWritten = await writeInteractions(fromTable(aq.from(rows), { columns }), path).then(
          () => true,
          (error) => {
            expect(error).toMatchObject({ code: 'bad-data' });
            return false;
          },
        );
        if (isWritten)
          expect((await readInteractions(path, { format: 'text', columns })).table.objects()).toEqual(rows);
      }),
    );
  });

  it.each<OutputFormat>(['text', 'csv', 'parquet', 'arrow'])(
    'with half of a surrogate pair are refused by %s',
    async (format) => {
      const rows = aq.from([
        { user: 'a', item: 'x' },
        { user: '\ud800', item: 'x' },
      ]);
      const path = join(root, `surrogate.${format}`);
      await expect(writeInteractions(fromTable(rows), path, { format })).rejects.toThrow(
        `${path}: the id "\\ud800" has half of a surrogate pair, which UTF-8 cannot hold`,
      );
      await writeInteractions(fromTable(rows.filter((row: Pair) => row.user === 'a')), path, { format });
      expect((await readInteractions(path, { format })).size).toBe(1);
    },
  );

  it('keep a no-break space and a byte-order mark in lines of text', async () => {
    const source = Readable.from([Buffer.from('a \u00a0x\n\ufeffb y\u00a0\n  c z \n')]);
    expect((await readInteractions(source, { format: 'text', columns })).table.objects()).toEqual([
      { user: 'a', item: '\u00a0x' },
      { user: '\ufeffb', item: 'y\u00a0' },
      { user: 'c', item: 'z' },
    ]);
  });
});
