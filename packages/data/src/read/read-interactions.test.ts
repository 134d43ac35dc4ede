import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { minRating, readInteractions, toSequences } from '../index.js';
import { read, rowsOf } from './test-read.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-read-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('readInteractions', () => {
  it.each([
    [
      'user item by spaces',
      'a x\nb y\n',
      [
        { user: 'a', item: 'x' },
        { user: 'b', item: 'y' },
      ],
    ],
    [
      'user item timestamp by tabs',
      '1\t007\t5\n1\t8\t6.5',
      [
        { user: '1', item: '007', timestamp: 5 },
        { user: '1', item: '8', timestamp: 6.5 },
      ],
    ],
    ['CSV with common names', 'movieId,userId,rating,timestamp\n9,u,4.0,3\n', [{ user: 'u', item: '9', timestamp: 3 }]],
    ['TSV with common names', 'user_id\titem_id\n1\t2\n', [{ user: '1', item: '2' }]],
    ['MovieLens', '1::1193::5::978300760\n', [{ user: '1', item: '1193', timestamp: 978300760 }]],
    [
      'quoted fields with separators, quotes and line breaks',
      'user,item\n"a,""b""","x\ny"\n',
      [{ user: 'a,"b"', item: 'x\ny' }],
    ],
    ['a byte-order mark and CRLF', '\ufeffuser,item\r\na,x\r\n', [{ user: 'a', item: 'x' }]],
    [
      'CRLF without a header',
      'a x\r\nb y',
      [
        { user: 'a', item: 'x' },
        { user: 'b', item: 'y' },
      ],
    ],
    [
      'RecBole .inter',
      'user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t5\t9.5\n',
      [{ user: '1', item: '2', timestamp: 9.5 }],
    ],
    ['Amazon ratings', 'A1,B1,5.0,1134345600\n', [{ user: 'A1', item: 'B1', timestamp: 1134345600 }]],
    [
      'Amazon reviews as JSON lines',
      '{"reviewerID": "A1", "asin": "B1", "overall": 5.0, "reviewText": "a\\nb", "unixReviewTime": 7}\r\n\n{"asin": "B2", "reviewerID": "A1", "unixReviewTime": 8}',
      [
        { user: 'A1', item: 'B1', timestamp: 7 },
        { user: 'A1', item: 'B2', timestamp: 8 },
      ],
    ],
    [
      'Python dicts',
      "{u'user': u'd\\xe9j\\xe0 \\'vu\\'', 'item': \"it's\", u'time': '2017-12-31', u'early_access': False}\n{'user': 76561198000000001, 'item': 5, 'time': '2018-01-01 00:00:00.5'}\n",
      [
        { user: "déjà 'vu'", item: "it's", timestamp: Date.UTC(2017, 11, 31) },
        { user: '76561198000000001', item: 5, timestamp: Date.UTC(2018, 0, 1) + 500 },
      ],
    ],
    ['empty lines', '\na x\n\n', [{ user: 'a', item: 'x' }]],
    ['ids beyond ASCII', 'é 日本\n', [{ user: 'é', item: '日本' }]],
  ])('reads %s, in pieces of any size', async (_, text, expected) => {
    for (const size of [1 << 16, 1, 2, 3, 7]) {
      expect(await rowsOf(text, {}, size)).toEqual(expected);
    }
  });

  it.each([
    ['text', 'a x 4 1\nb y 2.5 2\n'],
    ['CSV', 'movieId,userId,Rating,timestamp\nx,a,4.0,1\ny,b,2.5,2\n'],
    ['TSV', 'user_id\titem_id\tstars\ttime\na\tx\t4\t1\nb\ty\t2.5\t2\n'],
    ['MovieLens', 'a::x::4::1\nb::y::2.5::2\n'],
    ['RecBole', 'user_id:token\titem_id:token\trating:float\ttimestamp:float\na\tx\t4\t1\nb\ty\t2.5\t2\n'],
    ['Amazon ratings', 'a,x,4.0,1\nb,y,2.5,2\n', 'amazon-ratings'],
    [
      'Amazon reviews',
      '{"reviewerID":"a","asin":"x","overall":4.0,"unixReviewTime":1}\n{"reviewerID":"b","asin":"y","overall":"2.5","unixReviewTime":2}\n',
    ],
  ] as const)('reads the ratings of %s when asked to, and only then', async (_, text, format?) => {
    const options = format === undefined ? {} : { format };
    const rated = await read(text, { ...options, ratings: true });
    expect(rated.table.objects()).toEqual([
      { user: 'a', item: 'x', timestamp: 1, rating: 4 },
      { user: 'b', item: 'y', timestamp: 2, rating: 2.5 },
    ]);
    expect(minRating(rated, { min: 4 }).table.objects()).toEqual([{ user: 'a', item: 'x', timestamp: 1, rating: 4 }]);
    expect((await read(text, options)).table.columnNames()).toEqual(['user', 'item', 'timestamp']);
  });

  it('reads a rating by the name of its column, without times, and from rows', async () => {
    const columns = { user: 'who', item: 'what', timestamp: false, rating: 'liked' } as const;
    const expected = [{ user: 'a', item: 'x', rating: -1 }];
    expect(await rowsOf('who,what,liked,timestamp\na,x,-1,9\n', { columns })).toEqual(expected);
    expect((await readInteractions([{ who: 'a', what: 'x', liked: -1 }], { columns })).table.objects()).toEqual(
      expected,
    );
    expect(
      await rowsOf('who,what,rating\na,x,-1\n', { columns: { user: 'who', item: 'what' }, ratings: true }),
    ).toEqual(expected);
    expect(await rowsOf('who,what,liked\na,x,-1\n', { columns, ratings: false })).toEqual([{ user: 'a', item: 'x' }]);
  });

  it.each([
    ['text', 'a x 4 1\nb y good 2\n', 'input:2: rating "good" is not a number (column 3)'],
    ['CSV', 'user,item,rating\na,x,4\nb,y,\n', 'input:3: rating "" is not a number (column 3)'],
    [
      'JSON lines',
      '{"user":1,"item":2,"overall":5}\n{"user":1,"item":2,"overall":null}\n',
      'input:2: rating null is not a number (column "overall")',
    ],
  ])('rejects a rating of %s that is no number, or skips and counts the line', async (_, text, message) => {
    await expect(read(text, { ratings: true })).rejects.toThrow(message);
    expect(await read(text, { ratings: true, onError: 'skip' })).toMatchObject({ size: 1, skipped: 1 });
    expect((await read(text)).size).toBe(2);
  });

  it('refuses to read ratings where there are none', async () => {
    const ratings = true;
    await expect(read('a x 1\n', { ratings })).rejects.toThrow(
      'input:1: has 3 fields and therefore no rating, expected "user',
    );
    await expect(read('user,item\na,x\n', { ratings })).rejects.toThrow('no column that looks like the rating');
  });

  it('reads rows, as a database cursor gives them', async () => {
    async function* cursor() {
      yield { user_id: 7n, item_id: 'x', created: new Date(5000), note: null };
      yield { user_id: 8, item_id: 9, created: '1970-01-01 00:00:06', note: 'n' };
    }
    const columns = { user: 'user_id', item: 'item_id', timestamp: 'created' };
    const expected = [
      { user: '7', item: 'x', timestamp: 5000 },
      { user: 8, item: 9, timestamp: 6000 },
    ];
    expect((await readInteractions(cursor(), { columns })).table.objects()).toEqual(expected);
    expect((await readInteractions(Readable.from(cursor()), { columns })).table.objects()).toEqual(expected);
    expect((await readInteractions([{ user: 1, item: 2 }])).table.objects()).toEqual([{ user: 1, item: 2 }]);
    const bad = [{ user: 1, item: 2 }, { user: null, item: 3 }, 'x', { user: Number.NaN, item: 1 }] as never;
    await expect(readInteractions(bad)).rejects.toThrow('input:2: user is null, not an id');
    const more = [...bad, { user: 1, item: 4 }, { user: 1, item: 5 }];
    expect(await readInteractions(more, { onError: 'skip' })).toMatchObject({ size: 3, skipped: 3 });
    await expect(readInteractions([])).rejects.toThrow('input: is empty');
  });

  it('ends a cursor that it does not read to the end', async () => {
    let ended = false;
    async function* cursor() {
      try {
        for (;;) yield { user: 1, thing: 2 };
      } finally {
        ended = true;
      }
    }
    await expect(readInteractions(cursor())).rejects.toThrow('input:1: the row has no column that looks like the item');
    expect(ended).toBe(true);
  });

  it.each(['"', ''])('keeps 64-bit ids of JSON lines apart, written with %j around them', async (quote) => {
    const ids = Array.from({ length: 60 }, (_, i) => String(1234567890123456700n + BigInt(i)));
    const text = ids.map((id) => `{"user":${quote}${id}${quote},"item":"x"}`).join('\n');
    expect(await rowsOf(text)).toEqual(ids.map((user) => ({ user, item: 'x' })));
  });

  it('maps columns by name', async () => {
    const columns = { user: 'who', item: 'what', timestamp: 'when' };
    expect(await rowsOf('when,what,who,user\n7,x,a,z\n', { columns })).toEqual([
      { user: 'a', item: 'x', timestamp: 7 },
    ]);
    const untimed = { user: 'who', item: 'what', timestamp: false } as const;
    expect(await rowsOf('when,what,who\nnever,x,a\n', { columns: untimed })).toEqual([{ user: 'a', item: 'x' }]);
    expect(await rowsOf('who,item\na,x\n', { columns: { user: 'who' } })).toEqual([{ user: 'a', item: 'x' }]);
  });

  it('reads gzip, from a path or a stream', async () => {
    const path = join(root, 'a.txt.gz');
    writeFileSync(path, gzipSync('a x\nb y\n'));
    expect((await readInteractions(path)).size).toBe(2);
    expect(await rowsOf(gzipSync('a x\n'), {}, 1)).toEqual([{ user: 'a', item: 'x' }]);
  });

  it.each([
    ['a line with one field', 'a x\nb\n', 'input:2: has 1 fields, expected 2'],
    ['a line with a field too many', 'a x\nb y 3\n', 'input:2: has 3 fields, expected 2'],
    [
      'a time that is no number',
      'a x 1\nb y noon\n',
      'input:2: timestamp "noon" (column 3) is not a time: write ISO 8601, such as',
    ],
    [
      'a CSV time that is no number',
      'user,item,time\na,x,1\nb,y,n/a\n',
      'input:3: timestamp "n/a" (column 3) is not a time',
    ],
    ['an empty CSV time', 'user,item,time\na,x,\n', 'input:2: timestamp "" (column 3) is not a time'],
    ['an empty id', 'user,item\n,x\n', 'input:2: user is empty (column 1)'],
    ['a short CSV line', 'user,item\na\n', 'input:2: has 1 fields, expected at least 2'],
    ['a line that is no JSON', '{"user":1,"item":2}\n{"user":\n', 'input:2: is not a JSON object: '],
    ['a JSON line that is no object', '{"user":1,"item":2}\n[3]\n', 'input:2: is not a JSON object'],
    ['a JSON line without an item', '{"user":1,"item":2}\n{"user":3}\n', 'input:2: item is missing, not an id'],
    [
      'a JSON time that is no number',
      '{"user":1,"item":2,"time":3}\n{"user":1,"item":2,"time":"noon"}\n',
      'input:2: timestamp "noon" (column "time") is not a time',
    ],
    [
      'a JSON user that would be rounded',
      '{"user":9007199254740991,"item":2}\n{"user":1e22,"item":2}\n',
      'input:2: user is an integer beyond 2^53, which was rounded to 1e+22; write such ids as text, in quotes',
    ],
    [
      'a JSON item that would be rounded',
      '{"user":1,"item":2}\n{"user":1,"item":-1e16}\n',
      'input:2: item is an integer beyond 2^53',
    ],
    [
      'a Python dict that calls something',
      "{'user': 1, 'item': 2}\n{'user': exit(), 'item': 2}\n",
      'input:2: is not a Python dict: expected a literal at column 10',
    ],
    ['a Python list', "{'user': 1, 'item': 2}\n[1, 2]\n", 'input:2: is not a Python dict'],
    [
      'a day that is none',
      '{"user":1,"item":2,"time":"2017-02-28"}\n{"user":1,"item":2,"time":"2017-02-30"}\n',
      'input:2: timestamp "2017-02-30" (column "time") is a day or time that does not exist',
    ],
    ['a MovieLens line cut short', '1::2::3::4\n1::2\n', 'input:2: has 2 fields, expected 4'],
  ])('refuses %s with its line, or skips and counts it', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
    await expect(read(text)).rejects.not.toThrow('onError');
    const good = text.replace(/\n$/, '').split('\n').length - 1 - (text.includes('user,') ? 1 : 0);
    if (good > 0) expect(await read(text, { onError: 'skip' })).toMatchObject({ size: good, skipped: 1 });
    else await expect(read(text, { onError: 'skip' })).rejects.toThrow('has no interactions (1 lines skipped)');
  });

  it.each([
    ['an empty file', '', 'input: is empty'],
    ['a header alone', 'user,item\n', 'input: has no interactions'],
    [
      'a CSV without known names',
      'a,b\n1,2\n',
      'input:1: the header has no column that looks like the user; it has "a", "b". Set columns to name the columns of your data.',
    ],
    ['a quote that does not end', 'user,item\n"a,x\n', 'input: Quote Not Closed'],
    [
      'bytes that are not UTF-8',
      Buffer.from([0x61, 0x20, 0x78, 0x0a, 0xff, 0xfe, 0x0a]),
      'input: is not valid UTF-8 at or after line 1',
    ],
    ['a gzip cut off', gzipSync('a x\n'.repeat(5000)).subarray(0, 40), 'input: is a damaged or cut-off gzip'],
  ])('refuses %s', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  it.each([
    ['text', 'u i\nu ', ''],
    ['CSV', 'user,item\nu,', ''],
    ['CSV in quotes', 'user,item\nu,"', '"'],
    ['JSON lines', '{"user":1,"item":2}\n{"user":1,"item":"', '"}'],
    ['Python dicts', "{'user': 1, 'item': 2}\n{'user': 1, 'item': '", "'}"],
  ])('reads a line of 15 Mi characters of %s, and refuses one of 17 Mi without an end', async (_, begin, end) => {
    const line = (length: number, pieceSize: number, rest: string) => {
      const piece = Buffer.alloc(pieceSize, 'a');
      const pieces = Array.from({ length: length / pieceSize }, () => piece);
      return Readable.from([Buffer.from(begin), ...pieces, Buffer.from(rest)]);
    };
    const [length, small] = [15 * 2 ** 20, 2 ** 14]; // gunzip gives pieces of this size
    const times = { inPieces: Number.POSITIVE_INFINITY, whole: Number.POSITIVE_INFINITY };
    for (const [how, pieceSize] of [
      ['inPieces', small],
      ['whole', length],
      ['inPieces', small],
      ['whole', length],
    ] as const) {
      const start = performance.now();
      const { table, size } = await readInteractions(line(length, pieceSize, `${end}\n`));
      times[how] = Math.min(times[how], performance.now() - start);
      expect(String(table.get('item', size - 1))).toHaveLength(length);
    }
    // Work that grows with the square of the number of pieces would make this ratio about 30; it is about 1.
    expect(times.inPieces / times.whole).toBeLessThan(8);
    await expect(readInteractions(line(17 * 2 ** 20, small, ''), { onError: 'skip' })).rejects.toMatchObject({
      code: 'line-too-long',
    });
  });

  it('refuses a missing column by name, a missing file, and unknown options', async () => {
    await expect(read('user,item\n1,2\n', { columns: { user: 'user', item: 'thing' } })).rejects.toThrow(
      'input:1: the header has no column "thing"; it has "user", "item"',
    );
    await expect(readInteractions(join(root, 'none.csv'))).rejects.toThrow('none.csv: no such file');
    await expect(readInteractions(mkdtempSync(join(root, 'empty-')))).rejects.toThrow('is a folder without files');
    await expect(read('a x\n', { format: 'xml' as 'csv' })).rejects.toThrow(
      'format must be one of text, movielens, csv, tsv, recbole, amazon-ratings, json, jsonl, python-literals, parquet, arrow, got xml',
    );
    await expect(read('a x\n', { format: 'constructor' as 'csv' })).rejects.toThrow('arrow, got constructor');
    await expect(read('a x\n', { onError: 'warn' as 'skip' })).rejects.toThrow(
      'onError must be throw or skip, got warn',
    );
  });

  it('keeps every interaction of random text, in pieces of any size (property)', async () => {
    const id = fc.stringMatching(/^[A-Za-z0-9_é]{1,16}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(id, id, fc.nat()), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 50 }),
        async (rows, size) => {
          const text = rows.map((row) => row.join(' ')).join('\n');
          const expected = rows.map(([user, item, timestamp]) => ({ user, item, timestamp }));
          expect(await rowsOf(text, { format: 'text' }, size)).toEqual(expected);
          expect(await rowsOf(`user,item,timestamp\n${text.replaceAll(' ', ',')}`, { format: 'csv' }, size)).toEqual(
            expected,
          );
        },
      ),
    );
  });
});

describe('files of real data', () => {
  const folder = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));
  it.skipIf(!existsSync(folder)).each([
    ['ml-1m.txt', 6_040, 3_416, 999_611],
    ['amazon-games.txt', 31_013, 23_715, 287_107],
    ['amazon-beauty-5core.txt', 22_363, 12_101, 198_502],
    ['amazon-beauty-5core-timestamps.txt', 22_363, 12_101, 198_502],
    ['ml-latest-small/ratings.csv', 610, 9_724, 100_836],
  ])(
    '%s has %d users, %d items and %d interactions (needs the data beside the checkout)',
    async (file, users, items, interactions) => {
      const sequences = toSequences(await readInteractions(folder + file));
      expect([sequences.users.ids.length, sequences.catalog.ids.length, sequences.items.length]).toEqual([
        users,
        items,
        interactions,
      ]);
      expect(sequences.timestamps !== undefined).toBe(/timestamps|csv/.test(file));
    },
  );
});
