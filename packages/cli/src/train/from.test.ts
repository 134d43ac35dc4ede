import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { small, workspace } from '../test-support.js';

const { root, data, rows, recsys } = workspace();
const lines = (kept: typeof rows, item = (id: unknown) => id) =>
  `who,what,when\n${kept.map(({ user, item: id, timestamp }) => `${user},${item(id)},${timestamp}`).join('\n')}\n`;

describe('recsys train --from', () => {
  recsys('train', data, ...small, '--out', 'monday');
  const gone = rows[0].item;
  // On Tuesday one item is gone, and there is a new one.
  writeFileSync(
    join(root, 'tuesday.csv'),
    `${lines(rows.filter(({ item }) => item !== gone))}user-1,brand-new,99999999999\n`,
  );

  it('starts from an earlier run, with its settings, and says what became of its items', () => {
    const { status, stderr, events } = recsys(
      'train',
      'tuesday.csv',
      ...small.slice(0, 6),
      '--protocol',
      'full',
      '--epochs',
      '1',
      '--from',
      'monday',
      '--out',
      'tuesday',
      '--json',
    );
    expect([stderr, status]).toEqual(['', 0]);
    expect(events().find(({ event }) => event === 'from')).toMatchObject({
      path: 'monday',
      kept: 39,
      added: 1,
      left: 1,
    });
    expect(events().find(({ event }) => event === 'model')).toMatchObject({ hiddenUnits: 8, maxLength: 8 });
    const lossOf = (of: ReturnType<typeof recsys>) => of.events().find(({ event }) => event === 'epoch').loss;
    const fresh = recsys('train', 'tuesday.csv', ...small, '--epochs', '1', '--out', 'fresh', '--json');
    expect(lossOf({ status, stderr, events } as never)).toBeLessThan(lossOf(fresh));
  });

  it('keeps items that are gone, if asked, and the run can be resumed and evaluated', () => {
    const flags = [...small.slice(0, 6), '--protocol', 'full', '--from', 'monday', '--keep-items', '--out', 'kept'];
    const stopped = recsys('train', 'tuesday.csv', ...flags, '--epochs', '2', '--max-steps', '3', '--json');
    expect(stopped.events().find(({ event }) => event === 'from')).toMatchObject({ kept: 40, added: 1, left: 0 });
    expect(recsys('train', '--resume', 'kept').status).toBe(0);
    expect(recsys('evaluate', 'kept').status).toBe(0);
    expect(recsys('recommend', 'kept', '--history', `${gone}`, '--k', '3').status).toBe(0);
  });

  it('says what is wrong', () => {
    const refusal = (...flags: string[]) =>
      recsys('train', 'tuesday.csv', ...small, '--out', 'refused', ...flags).stderr;
    expect(refusal('--keep-items')).toContain('--keep-items is for --from');
    expect(refusal('--from', 'sunday')).toContain('sunday');
    expect(refusal('--from', 'monday', '--hidden-units', '16')).toContain(
      'Give the new model the settings of the earlier one',
    );
  });
});
