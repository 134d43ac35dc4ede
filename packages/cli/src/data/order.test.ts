/** What a user of the command is told about the order of the data. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { small, workspace } from '../test-support.js';

const { root, rows, recsys } = workspace();

const file = (name: string, text: string) => {
  writeFileSync(join(root, name), text);
  return name;
};

/** The events of a shop, with ISO times, in time order, and the same in an order that has nothing to do with time. */
const events = rows
  .map(({ user, item, timestamp }) => ({ user, item, time: Number(timestamp) }))
  .sort((a, b) => a.time - b.time)
  .map(({ user, item, time }) => `${user},${item},${new Date(1000 * time).toISOString()}`);
const shuffled = events
  .map((event, i) => ({ event, place: (i * 7919) % events.length }))
  .sort((a, b) => a.place - b.place)
  .map(({ event }) => event);
const header = 'user_id,product_id,event_time';
const sortedShop = file('sorted.csv', [header, ...events].join('\n'));
const shuffledShop = file('shuffled.csv', [header, ...shuffled].join('\n'));
const training = small.slice(small.indexOf('--max-length'));

describe('the order of the data', () => {
  it('of a shuffled file gives the baselines of the sorted one, and is said', () => {
    const [ofSorted, ofShuffled] = [sortedShop, shuffledShop].map((shop) => {
      const trained = recsys('train', shop, ...training, '--epochs', '1', '--out', `runs/${shop}`, '--json');
      expect(trained.stderr).toBe('');
      return trained.events();
    });
    const order = ofShuffled.find(({ event }) => event === 'order');
    expect(order).toMatchObject({ kind: 'iso-8601', column: 'event_time' });
    expect(order.description).toMatch(/^event_time \(ISO 8601\), 20\d\d-\d\d-\d\d to 20\d\d-\d\d-\d\d$/);
    // Users and items are numbered by their first appearance, so only what does not depend on these numbers is equal: the Markov chain's hits.
    const baseline = (lines: typeof ofSorted) =>
      lines.find(({ event, name }) => event === 'baseline' && name === 'Markov chain').metrics['ndcg@10'].value;
    expect(baseline(ofShuffled)).toBeCloseTo(baseline(ofSorted), 10);
    expect(baseline(ofSorted)).toBeGreaterThan(0.2);
    const evaluated = recsys('evaluate', `runs/${shuffledShop}`);
    expect(evaluated.stdout).toMatch(/^order {4}event_time \(ISO 8601\), /m);
  });

  it('is asked for where the file has times that are not used', () => {
    const forgotten = recsys('data', 'describe', shuffledShop, '--user', 'user_id', '--item', 'product_id');
    expect(forgotten).toMatchObject({
      status: 1,
      stdout: '',
      stderr: `recsys: ${shuffledShop}:1: the header: no column of times is used, but "event_time" looks like one. Use --time event_time to order by it, or --no-time if the rows of each user are in time order.\n`,
    });
    const named = ['--time', 'event_time'];
    expect(recsys('data', 'describe', shuffledShop, ...named).stdout).toMatch(/^order {4}event_time \(ISO 8601\)/m);
    const untimed = recsys('data', 'describe', shuffledShop, '--no-time');
    expect(untimed.stdout).toMatch(/^order {4}file order \(times are not used\)$/m);
  });

  it('is asked for where the rows of users are mixed', () => {
    const mixed = file('mixed.txt', 'a x\nb x\na y\n');
    expect(recsys('data', 'convert', mixed, 'mixed.csv').stderr).toBe(
      `recsys: ${mixed}: has no column of times, and the rows of users are mixed, such as those of "a"; so it is unknown what came first. Use --time to name a column of times, or --no-time if the rows of each user are in time order.\n`,
    );
    const written = recsys('data', 'convert', mixed, 'mixed.csv', '--no-time');
    expect(written.stdout).toMatch(/^order {4}file order \(times are not used\)\nwrote /);
  });

  it('is the order of the file for times that are equal, which are counted', () => {
    const tied = file('tied.csv', 'user,item,date\na,x,2026-10-01\na,y,2026-10-01\nb,x,2026-10-01\n');
    const { stdout } = recsys('data', 'describe', tied);
    expect(stdout).toContain(
      `order    date (ISO 8601), 2026-10-01 to 2026-10-01\n         2 of 3 interactions share a time with another of the same user; they stay in file order\n`,
    );
    expect(recsys('data', 'describe', tied, '--json').events()).toContainEqual({
      event: 'order',
      kind: 'iso-8601',
      column: 'date',
      description: 'date (ISO 8601), 2026-10-01 to 2026-10-01',
      ties: 2,
    });
  });

  it('cannot come from dates that leave day and month open', () => {
    const slashes = file('slashes.csv', `${header}\na,x,10/01/2026\n`);
    expect(recsys('data', 'describe', slashes).stderr).toBe(
      `recsys: ${slashes}:2: timestamp "10/01/2026" (column 3) does not say which of its numbers is the day and which the month: write ISO 8601, such as 2026-10-01.\n`,
    );
  });
});
