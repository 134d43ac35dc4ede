import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openReportedRuns } from './reported-run.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-report-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Writes the files of a run, and returns its path. */
const runOf = (name: string, { fingerprint = 'a', dataOptions = {}, log = '' } = {}): string => {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  const fit = { validation: { metric: 'ndcg@10', protocol: 'full' } };
  const config = {
    format: 1,
    model: { name: 'SASRec' },
    fit,
    data: { fingerprint },
    info: { data: 'clicks.csv', dataOptions },
  };
  writeFileSync(join(path, 'config.json'), JSON.stringify(config));
  writeFileSync(join(path, 'metrics.jsonl'), log);
  return path;
};

const epoch = (number: number, value: number) =>
  `${JSON.stringify({ event: 'epoch', epoch: number, loss: 1, validation: { 'ndcg@10': value } })}\n`;

describe('openReportedRuns', () => {
  it('reads the epochs, the first of the best, and whether there is a test; a line that is half written is left out', async () => {
    const log = `${epoch(1, 0.1)}{"event":"step","loss":2}\n${epoch(2, 0.3)}${epoch(3, 0.3)}`;
    const [training, tested] = await openReportedRuns([
      runOf('training', { log: `${log}{"event":"te` }),
      runOf('tested', { log: `${log}{"event":"test"}\n` }),
    ]);
    expect(training).toMatchObject({
      name: 'training',
      isTested: false,
      best: { epoch: 2, metric: 'ndcg@10', value: 0.3 },
    });
    expect(training.epochs.map((own) => own.epoch)).toEqual([1, 2, 3]);
    expect(tested.isTested).toBe(true);
  });

  it('opens a run that has no log yet', async () => {
    const path = runOf('new');
    rmSync(join(path, 'metrics.jsonl'));
    expect(await openReportedRuns([path])).toMatchObject([{ epochs: [], best: undefined, isTested: false }]);
  });

  it('calls runs by their directories, and by their paths where these have one name', async () => {
    const paths = [runOf('x/movies'), runOf('y/movies'), runOf('y/shop')];
    expect((await openReportedRuns(paths)).map(({ name }) => name)).toEqual([paths[0], paths[1], 'shop']);
  });

  it('refuses runs that cannot be compared, in one line', async () => {
    const first = runOf('first');
    const refused = (other: string) => expect(openReportedRuns([first, other])).rejects;
    await refused(runOf('other', { fingerprint: 'b' })).toThrow(
      /other: was trained on other data than .*first, or on another split of it, so the two cannot be compared$/,
    );
    await refused(runOf('split', { dataOptions: { split: 'time', target: 'first' } })).toThrow(
      /split: is tested on other items than .*first/,
    );
    await refused(`${first}/`).toThrow(/is given twice$/);
    await refused(root).toThrow(/holds no run/);
  });
});
