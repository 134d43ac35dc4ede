import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { read, rowsOf } from '../test-read.js';

describe('readInteractions', () => {
  it('limits a line of CSV in quotes, not the file', async () => {
    const line = `"u",${'x'.repeat(2 ** 20)}\n`;
    expect((await read(`user,item\n${line.repeat(20)}`)).size).toBe(20);
  });

  it('reads CSV without quotes as csv-parse reads it (property)', async () => {
    const outcome = (text: string, size: number) =>
      read(text, { format: 'csv', onError: 'skip' }, size).then(
        ({ table, skipped }) => ({ rows: table.objects(), skipped }),
        // csv-parse counts the lines of other breaks, too.
        (error: Error) => error.message.replace(/The first is input:\d+/, ''),
      );
    const piece = fc.constantFrom('a', 'b,x', '1', ' ', 'é', ',', 'c,y,2', 'd,z,3\n', '\n', '\r\n', '\r');
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 30 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.integer({ min: 1, max: 30 }),
        async (pieces, ending, size) => {
          const text = `user,item,time${ending}${pieces.join('')}`;
          // A quote in the first piece gives all of it to csv-parse.
          expect(await outcome(text, size)).toEqual(await outcome(text.replace('user', '"user"'), 1000));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('counts lines through the first quote of a CSV', async () => {
    const lines = Array.from({ length: 99 }, (_, i) => `u-${i},x\n`).join('');
    for (const size of [7, 1 << 16]) {
      expect(await rowsOf(`user,item\n${lines}"u,""99""",x\nv,y\n`, {}, size)).toEqual([
        ...Array.from({ length: 99 }, (_, i) => ({ user: `u-${i}`, item: 'x' })),
        { user: 'u,"99"', item: 'x' },
        { user: 'v', item: 'y' },
      ]);
      await expect(read(`user,item\n${lines}"u",x\nv\n`, {}, size)).rejects.toThrow('input:102: has 1 fields');
      await expect(read(`user,item\n${lines}a,x\n"u`, {}, size)).rejects.toThrow(
        'input: Quote Not Closed: the parsing is finished with an opening quote at line 102',
      );
    }
  });
});

describe('quotes of CSV', () => {
  it.each([
    ['within a field', 'Monitor 24" black', 'Monitor 24" black'],
    ['around a part of a field', 'Toy "Story"', 'Toy "Story"'],
    ['around the beginning of a field', '"Weird Al" Yankovic', '"Weird Al" Yankovic'],
    ['around a field, and doubled', '"Toy ""Story"", 2"', 'Toy "Story", 2'],
  ])('%s', async (_, text, item) => {
    expect(await rowsOf(`user,item\na,${text}\nb,x\n`)).toEqual([
      { user: 'a', item },
      { user: 'b', item: 'x' },
    ]);
  });
});

describe('delimiters of CSV', () => {
  const expected = [{ user: 'a', item: 'x', timestamp: 5, rating: 4.5 }];

  it.each([
    ['semicolons', 'user;item;rating;timestamp\na;x;4.5;5\n'],
    ['semicolons and quotes', '"user";"item";"rating";"timestamp"\n"a";"x";"4.5";"5"\n'],
    ['bars', 'user|item|rating|timestamp\na|x|4.5|5\n'],
    ['names with spaces', 'User ID;Item ID;Rating;Time\na;x;4.5;5\n'],
    ['semicolons and a name with commas', 'user;item;rating;timestamp;"a, b, c, d, e, f"\na;x;4.5;5;y\n'],
    ['commas and a name with semicolons', 'user,item,rating,timestamp,a;b;c;d;e;f\na,x,4.5,5,y\n'],
  ])('are found in the header: %s', async (_, text) => {
    expect(await rowsOf(text, { ratings: true }, 5)).toEqual(expected);
    expect(await rowsOf(text, { ratings: true, format: 'csv' })).toEqual(expected);
  });

  it('are found by the columns that are named', async () => {
    const columns = { user: 'Kunden Nr', item: 'Artikel, Nr' };
    expect(await rowsOf('Kunden Nr;Artikel, Nr\na;x\n', { columns })).toEqual([{ user: 'a', item: 'x' }]);
    await expect(read('Kunde;Artikel\na;x\n')).rejects.toThrow('it has "Kunde", "Artikel"');
  });

  it('are not looked for in lines of text', async () => {
    expect(await rowsOf('a;b x|y 5\n')).toEqual([{ user: 'a;b', item: 'x|y', timestamp: 5 }]);
  });

  it('refuse a decimal comma by its line, column and value', async () => {
    const text = 'user;item;rating\na;x;4\nb;y;4,5\n';
    await expect(read(text, { ratings: true })).rejects.toThrow(
      'input:3: rating "4,5" has a decimal comma (column 3); write it with a point',
    );
    expect(await read(text, { ratings: true, onError: 'skip' })).toMatchObject({ size: 1, skipped: 1 });
    expect((await read(text)).size).toBe(2);
  });
});
