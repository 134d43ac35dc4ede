import * as aq from 'arquero';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import {
  countTies,
  deduplicate,
  describeOrder,
  fromTable,
  historyOf,
  kCore,
  type ReadInteractionsOptions,
  readInteractions,
  simulateInteractions,
  timeRange,
  toSequences,
} from '../index.js';
import { read } from './test-read.js';

const orderOf = async (text: string | Buffer, options?: ReadInteractionsOptions) =>
  describeOrder(await read(text, options));
const unordered = (problem: string) => ({ code: 'unordered', problem: expect.stringContaining(problem) });

describe('the order of interactions', () => {
  const names = [
    ...[
      'timestamp',
      'event_time',
      'eventTime',
      'event-timestamp',
      'Created At',
      'created_at',
      'createdAt',
      'ts',
      'date',
    ],
    ...['datetime', 'purchased_at', 'order_date', 'orderTime', 'viewed_at', 'clickedAt', 'occurred_at', 'unix_time'],
    ...['epoch', 'unixReviewTime', 'created', 't_dat', 'InvoiceDate'],
  ];
  it.each(names)('is that of a column called %s', async (name) => {
    const text = `user_id,product_id,${name}\na,x,2026-10-30\nb,y,2026-10-01T10:00:00Z\na,z,2026-10-02\n`;
    const interactions = await read(text);
    expect(interactions.order).toEqual({ kind: 'iso-8601', column: name });
    expect(describeOrder(interactions)).toBe(`${name} (ISO 8601), 2026-10-01 to 2026-10-30`);
    expect(historyOf(toSequences(interactions), 'a')).toEqual(['z', 'x']);
  });

  it('is that of the name which is first in the list, if several are known', async () => {
    expect(await orderOf('date,user,item,created_at,timestamp\n2026-01-01,a,x,2026-01-02,5\n')).toMatch(/^timestamp /);
    expect(await orderOf('date,user,item,created_at\n2026-01-01,a,x,2026-01-02\n')).toMatch(/^created_at /);
  });

  it.each([
    ['u i 978300760\nv i 1046454590\n', 'column 3 (epoch seconds), 2000-12-31 to 2003-02-28'],
    ['1::1193::5::978300760\n', 'column 4 (epoch seconds), 2000-12-31 to 2000-12-31'],
    ['A1,B1,5.0,1134345600\n', 'column 4 (epoch seconds), 2005-12-12 to 2005-12-12'],
    ['user\titem\tts\nu\ti\t1790000000000\n', 'ts (epoch milliseconds), 2026-09-21 to 2026-09-21'],
    ['{"user":1,"item":2,"ts":1790000000000000}\n', 'ts (epoch microseconds), 2026-09-21 to 2026-09-21'],
    ['{"user":1,"item":2,"ts":"1790000000000000001"}\n', 'ts (epoch nanoseconds), 2026-09-21 to 2026-09-21'],
    ['user,item,time\nu,i,3\nu,j,1\n', 'time (numbers), 1 to 3'],
    ['u i 2026-10-01T10:00:00Z\n', 'column 3 (ISO 8601), 2026-10-01 to 2026-10-01'],
    ['u\ti\t2026-10-01T10:00:00Z\n', 'column 3 (ISO 8601), 2026-10-01 to 2026-10-01'],
    ['u i\nu j\nv i\n', 'file order (no time column)'],
  ])('is said of %j', async (text, expected) => expect(await orderOf(text)).toBe(expected));

  it('is said of rows', async () => {
    const rows = [{ user: 1, item: 2, at: new Date('2026-10-01T10:00:00Z') }];
    const interactions = await readInteractions(rows, { columns: { timestamp: 'at' } });
    expect(describeOrder(interactions)).toBe('at (dates), 2026-10-01 to 2026-10-01');
    expect(describeOrder(simulateInteractions({ seed: 1, users: 5 }).interactions)).toMatch(/^timestamp \(epoch sec/);
  });

  it('stays with what verbs and arquero leave', async () => {
    const text = 'user,item,event_time\na,x,2026-10-30\nb,x,2026-10-01\na,y,2026-10-02\na,x,2026-10-03\n';
    const interactions = await read(text);
    const { order } = interactions;
    expect(kCore(interactions, { minInteractions: 1 }).order).toBe(order);
    expect(deduplicate(interactions).order).toBe(order);
    const late = timeRange(interactions, { from: Date.UTC(2026, 9, 2) });
    expect(describeOrder(late)).toBe('event_time (ISO 8601), 2026-10-02 to 2026-10-30');
    expect(fromTable(interactions.table.filter((row: { item: string }) => row.item === 'x')).order).toBe(order);
    const mixed = await read('a x\nb x\na y\n', { columns: { timestamp: false } });
    expect(describeOrder(mixed)).toBe('file order (times are not used)');
    expect(fromTable(mixed.table.filter(() => true)).order).toBe(mixed.order);
  });
});

describe('times that are not used', () => {
  const columns = { user: 'user_id', item: 'product_id' };
  it.each<[string, string, ReadInteractionsOptions, string]>([
    ['a forgotten column of times', 'user_id,product_id,timestamp\na,x,1\n', { columns }, 'timestamp'],
    ['a name that is not in the list', 'user_id,product_id,addedToCartAt\na,x,10/01/2026\n', {}, 'addedToCartAt'],
    ['the best of several names', 'user_id,product_id,release_date,created_at\na,x,1,1\n', { columns }, 'created_at'],
    ['ISO 8601 under any name', 'user_id,product_id,z\na,x,2026-10-01\n', {}, 'z'],
    ['counts since 1970 under any name', `user_id,product_id,z\n${'a,x,1790000000\n'.repeat(9)}`, {}, 'z'],
    ['JSON lines', '{"user_id":1,"product_id":2,"z":"2026-10-01 10:00:00"}\n', {}, 'z'],
  ])('are an error that names the column: %s', async (_, text, options, column) => {
    await expect(read(text, options)).rejects.toMatchObject({
      ...unordered(`no column of times is used, but "${column}" looks like one`),
      message: expect.stringContaining(
        `Set columns.timestamp: '${column}' to order by it, or columns.timestamp: false if the rows of each user are in time order.`,
      ),
    });
    const named = { ...options.columns, timestamp: false } as const;
    expect((await read(text, { columns: named })).order).toEqual({ kind: 'file-order', column: false });
  });

  it('are no error where a column only has some numbers', async () => {
    const text = `user,item,price,name\n${'a,x,1790000000,2026-10-01\n'.repeat(4)}a,x,3.5,tea\n`;
    expect(await orderOf(text)).toBe('file order (no time column)');
  });

  it.each<[string, string]>([
    ['text', 'a x\nb x\na y\n'],
    ['CSV', 'user,item\na,x\nb,x\na,y\n'],
  ])('rows of users that are mixed are an error without times: %s', async (_, text) => {
    await expect(read(text)).rejects.toMatchObject({
      ...unordered('has no column of times, and the rows of users are mixed, such as those of "a"'),
      advice: { option: 'columns.timestamp', or: { option: 'columns.timestamp', value: false } },
    });
    const sequences = toSequences(await read(text, { columns: { timestamp: false } }));
    expect(historyOf(sequences, 'a')).toEqual(['x', 'y']);
  });

  it('are an error in tables, too', () => {
    const table = aq.table({ user: ['a', 'b', 'a'], item: ['x', 'x', 'y'], created_at: [3, 2, 1] });
    expect(() => fromTable(table)).toThrow('fromTable: no column of times is used, but "created_at" looks like one');
    expect(() => fromTable(table.select('user', 'item'))).toThrow('fromTable: has no column of times, and the rows');
    expect(fromTable(table, { columns: { timestamp: 'created_at' } }).order).toEqual({
      kind: 'number',
      column: 'created_at',
    });
    expect(fromTable(table, { columns: { timestamp: false } }).size).toBe(3);
  });
});

describe('bad times', () => {
  it('of two kinds in one source are an error with the line', async () => {
    const text = 'user,item,time\na,x,2026-10-01\na,y,2026-10-02\na,z,1700000000\n';
    await expect(read(text)).rejects.toThrow(
      'input:4: timestamp "1700000000" (column 3) is a number, but earlier times are ISO 8601',
    );
    await expect(read('a x 1700000000\na y 1700000000000\n')).rejects.toThrow(
      'input:2: timestamp "1700000000000" (column 3) looks like milliseconds since 1970',
    );
  });

  it('advise to skip lines only after many good ones', async () => {
    const good = Array.from({ length: 150 }, (_, i) => `a,x,${i}\n`).join('');
    await expect(read(`user,item,time\n${good}a,x,noon\n`)).rejects.toMatchObject({
      problem: expect.stringContaining('input:152: '),
      advice: { option: 'onError', value: 'skip' },
    });
    await expect(read(`user,item,time\na,x,noon\n${good}`)).rejects.toMatchObject({ advice: undefined });
    await expect(read(`a x\nb\n`)).rejects.toMatchObject({ advice: { option: 'format' } });
  });

  it('are not skipped where they are most lines', async () => {
    const text = `user,item,date\na,x,2026-10-01\n${'a,x,10/01/2026\n'.repeat(9)}`;
    await expect(read(text, { onError: 'skip' })).rejects.toThrow(
      'input: 9 of 10 lines are bad, which is too many to skip. The first is input:3: timestamp "10/01/2026" (column 3) does not say',
    );
  });
});

describe('times that are finer than a double', () => {
  const start = 1_700_000_000_000_000_000n;
  /** Three events of a user, the newest first, within 256 ns, beside another user. */
  const events = [300n, 200n, 100n].map((nanoseconds, i) => ({ user: 'a', item: `i${i}`, at: start + nanoseconds }));
  events.splice(1, 0, { user: 'b', item: 'i0', at: start });
  const [newest, middle, oldest] = ['i0', 'i1', 'i2'];
  const iso = (at: bigint) => `2023-11-14T22:13:20.${String(at).slice(10)}Z`;

  it.each([
    [
      'nanoseconds as text',
      () => `user,item,ts\n${events.map(({ user, item, at }) => `${user},${item},${at}\n`).join('')}`,
    ],
    ['ISO 8601', () => events.map(({ user, item, at }) => `${user} ${item} ${iso(at)}\n`).join('')],
    [
      'seconds with decimals',
      () => events.map(({ user, item, at }) => `${user} ${item} ${String(at).replace(/.{9}$/, '.$&')}\n`).join(''),
    ],
    ['Parquet of nanoseconds', () => parquetOf('NANOS', events)],
    ['Parquet of integers', () => parquetOf(undefined, events)],
  ])('keep their order: %s', async (_, write) => {
    const interactions = await read(write());
    expect(interactions.order.finer).toBe(true);
    expect(historyOf(toSequences(interactions), 'a')).toEqual([oldest, middle, newest]);
  });

  it('keep their order in rows, and microseconds in Parquet and Arrow', async () => {
    const rows = await readInteractions(events, { columns: { timestamp: 'at' } });
    expect(historyOf(toSequences(rows), 'a')).toEqual([oldest, middle, newest]);
    const micros = events.map((event) => ({ ...event, at: start / 1000n + (event.at - start) }));
    const parquet = await read(parquetOf('MICROS', micros));
    expect(historyOf(toSequences(parquet), 'a')).toEqual([oldest, middle, newest]);
    expect(describeOrder(parquet)).toBe('ts (dates), 2023-11-14 to 2023-11-14');
    expect(parquet.table.get('timestamp', 0)).toBe(1_700_000_000_000.3);
    const arrow = await read(arrowOf(micros));
    expect(historyOf(toSequences(arrow), 'a')).toEqual([oldest, middle, newest]);
    expect(arrow.table.get('timestamp', 0)).toBe(1_700_000_000_000.3);
  });
});

describe('ties', () => {
  it('are counted, and keep the order of the source', async () => {
    const sequences = toSequences(await read('a x 5\na y 5\nb x 5\na z 4\nb y 6\n'));
    expect(countTies(sequences)).toBe(2);
    expect(historyOf(sequences, 'a')).toEqual(['z', 'x', 'y']);
    expect(countTies(toSequences(await read('a x\na y\n')))).toBe(0);
  });
});

/** Returns a Parquet file whose times are timestamps of a unit, or plain integers. */
function parquetOf(unit: 'MICROS' | 'NANOS' | undefined, events: { user: string; item: string; at: bigint }[]): Buffer {
  const writer = new ByteWriter();
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' } as const;
  parquetWrite({
    writer,
    statistics: false,
    columnData: [
      { name: 'user', data: events.map(({ user }) => user) },
      { name: 'item', data: events.map(({ item }) => item) },
      { name: 'ts', data: events.map(({ at }) => at) },
    ],
    schema: [
      { name: 'root', num_children: 3 },
      { name: 'user', ...text },
      { name: 'item', ...text },
      {
        name: 'ts',
        type: 'INT64',
        repetition_type: 'REQUIRED',
        ...(unit !== undefined && { logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit } as const }),
      },
    ],
  });
  return Buffer.from(writer.getBuffer());
}

/** Returns an Arrow file whose times are timestamps in microseconds. */
function arrowOf(events: { user: string; item: string; at: bigint }[]): Buffer {
  const table = aq.table({ user: events.map(({ user }) => user), item: events.map(({ item }) => item) });
  const times = events.map(({ at }) => Number(at) / 1000); // flechette takes milliseconds
  const type = { typeId: 10, unit: 2, timezone: null, values: BigInt64Array };
  return Buffer.from(aq.toArrowIPC(table.assign({ ts: times }), { format: 'file', types: { ts: type as never } })!);
}
