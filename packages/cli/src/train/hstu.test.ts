import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { columns, small, workspace } from '../test-support.js';

const { root, data, rows, recsys } = workspace();
const hstu = [...small, '--model', 'hstu', '--loss', 'cross-entropy'];
const items = ({ events }: ReturnType<typeof recsys>) =>
  events().flatMap(({ event, item, score }) => (event === 'recommendation' ? [[item, score]] : []));

describe('recsys train --model hstu', () => {
  it('trains with times, resumes to the same result, and is evaluated', () => {
    const whole = recsys('train', data, ...hstu, '--out', 'run', '--json');
    expect([whole.stderr, whole.status]).toEqual(['', 0]);
    const find = (run: typeof whole, name: string) => run.events().find(({ event }) => event === name);
    expect(find(whole, 'model')).toMatchObject({ timeBias: true, attentionUnits: 8, temperature: 0.05 });
    recsys('train', data, ...hstu, '--out', 'stopped', '--max-steps', '30', '--json');
    const resumed = recsys('train', '--resume', 'stopped', '--json');
    expect(find(resumed, 'test').metrics).toEqual(find(whole, 'test').metrics);
    const evaluated = recsys('evaluate', 'run', '--json');
    expect([evaluated.stderr, evaluated.status]).toEqual(['', 0]);
    expect(evaluated.stdout).toContain(String(find(whole, 'test').metrics['ndcg@10'].value));
  });

  it('recommends with the times of a history, of a user, and of lines of a file', () => {
    const { user } = rows.at(-1) as { user: string };
    const own = rows.filter((row) => row.user === user).sort((a, b) => Number(a.timestamp) - Number(b.timestamp));
    const history = own.map(({ item }) => item as string);
    const times = own.map(({ timestamp }) => Number(timestamp));
    const at = times.at(-1)! + 3600;
    const common = ['--at', String(at), '--json'];
    const byHistory = recsys('recommend', 'run', '--history', history.join(), '--times', times.join(), ...common);
    expect(items(byHistory)).toHaveLength(10);
    expect(items(recsys('recommend', 'run', '--user', user, ...common))).toEqual(items(byHistory));
    const later = recsys('recommend', 'run', '--user', user, '--json'); // now, years later
    expect(items(later)).not.toEqual(items(byHistory));

    const lines = [{ history, times, at }, { history: history.slice(-2), times: times.slice(-2) }, { history }];
    writeFileSync(join(root, 'in.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const run = recsys('recommend', 'run', '--input', 'in.jsonl', '--output', 'out.jsonl', '--on-error', 'skip');
    expect(run.stderr).toContain('wrote null for 1 bad lines');
    const [first, , third] = readFileSync(join(root, 'out.jsonl'), 'utf8').trim().split('\n');
    expect(JSON.parse(first).map(({ item }: { item: string }) => item)).toEqual(items(byHistory).map(([item]) => item));
    expect(third).toBe('null');
    const refused = recsys('recommend', 'run', '--input', 'in.jsonl');
    expect(refused.stderr).toContain('in.jsonl:3: has no times, which the model uses');
  });

  it('says what is missing', () => {
    const untimed = recsys('recommend', 'run', '--history', 'item-1');
    expect(untimed.stderr).toContain('HSTU uses the times of the items of a history. Use --times to give them');
    const noColumn = [
      ...hstu.filter((flag) => !columns.includes(flag)),
      '--user',
      'who',
      '--item',
      'what',
      '--no-time',
    ];
    const refused = recsys('train', data, ...noColumn, '--out', 'untimed');
    expect(refused.stderr).toContain(
      'HSTU uses times, and the data has none. Use --no-time-bias for an HSTU without times',
    );
    const without = recsys('train', data, ...noColumn, '--no-time-bias', '--epochs', '1', '--out', 'untimed');
    expect([without.stderr, without.status]).toEqual(['', 0]);
    expect(recsys('recommend', 'untimed', '--history', 'item-1').status).toBe(0);
  });

  it.each([
    [['--model', 'hstu', '--wiring', 'paper'], '--wiring is an option of sasrec, and the model is hstu'],
    [['--linear-units', '4'], '--linear-units is an option of hstu, and the model is sasrec'],
    [['--no-time-bias'], '--no-time-bias is an option of hstu, and the model is sasrec'],
    [['--model', 'sasrec', '--preset', 'ml-1m'], '--preset ml-1m: has settings of hstu, and the model is sasrec'],
    [['--model', 'sasrec', '--from', 'run'], '--from run: holds a hstu, and the model is sasrec'],
  ])('refuses %j', (flags, message) => {
    const { stderr, status } = recsys('train', data, ...columns, ...flags, '--out', 'refused');
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it('takes the model of a preset, and of a run to start from', () => {
    const short = ['--epochs', '1', '--batch-size', '100', '--hidden-units', '8', '--json'];
    const kindOf = (...flags: string[]) =>
      recsys('train', data, ...columns, ...short, ...flags)
        .events()
        .find(({ event }) => event === 'model');
    expect(kindOf('--preset', 'ml-1m', '--out', 'preset')).toMatchObject({ timeBias: true, maxLength: 200 });
    expect(kindOf('--from', 'run', '--out', 'from')).toMatchObject({ timeBias: true, maxLength: 8 });
  });
});
