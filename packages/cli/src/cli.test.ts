import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { cli, columns, small, workspace } from './test-support.js';

const { data, recsys } = workspace();
recsys('train', data, ...small, '--out', 'whole');

describe('recsys', () => {
  it.each([
    [['train'], 2, 'give either a data file, --database with --sql, or --resume RUN'],
    [['train', data, '--resume', 'whole'], 2, 'give either a data file, --database with --sql, or --resume RUN'],
    [['train', '--database', 'shop.duckdb'], 2, '--database and --sql go together'],
    [['train', data, '--database', 'shop.duckdb', '--sql', 'select 1'], 2, 'or --database, not both'],
    [['train', '--database', 'shop.csv', '--sql', 'select 1'], 2, '--database: a database must be a URL postgres://'],
    [['train', '--database', 'none.duckdb', '--sql', 'select 1'], 1, 'none.duckdb: no such file'],
    [['data', 'describe'], 2, 'give a data file, or --database with --sql'],
    [['data', 'convert', 'out.csv'], 2, 'give an input and an output, or --database with --sql and an output'],
    [
      ['data', 'describe', '--database', 'x.duckdb', '--sql', 'select 1', '--format', 'csv'],
      2,
      '--format and --entry are for files, not for --database',
    ],
    [
      ['evaluate', 'whole', '--sql', 'select 1'],
      2,
      'was not trained on a database, so --database and --sql go together',
    ],
    [['evaluate', 'whole', '--data', data, '--sql', 'select 1'], 2, 'give either --data or --database, not both'],
    [
      ['recommend', 'whole', '--input', '-', '--output', 'x.jsonl'],
      2,
      '--output needs an --input that can be read again',
    ],
    [['train', 'x.csv', '--epoch', '3'], 2, "unknown option '--epoch'"],
    [['train', 'x.csv', '--epochs', 'many'], 2, '--epochs must be a number, got "many"'],
    [['train', 'none.csv'], 1, 'none.csv: no such file'],
    [['train', data], 1, 'the header has no column that looks like the user; it has "who", "what", "when"'],
    [['train', data, '--user', 'who'], 1, 'has no column that looks like the item; it has "who", "what", "when"'],
    [
      ['train', data, ...columns, '--num-heads', '3', '--out', 'bad-heads'],
      1,
      'SASRec: hiddenUnits (128) must be divisible by numHeads (3)',
    ],
    [['train', data, ...small, '--out', 'whole'], 2, 'whole already holds a run. Resume it with --resume whole'],
    [['train', '--resume', 'whole', '--epochs', '9'], 2, '--resume uses the options of the run; remove --epochs'],
    [['train', '--resume', 'nowhere'], 1, 'nowhere: holds no run'],
    [['evaluate', 'nowhere'], 1, 'nowhere: holds no run'],
    [['recommend', 'nowhere', '--history', 'a'], 1, 'nowhere: is no run, checkpoint or saved model'],
    [['recommend', 'whole'], 2, 'give exactly one of --history, --user, --input, --inputs and --all-users'],
    [['recommend', 'whole', '--user', 'nobody'], 2, '--user nobody is not one of the 300 users of the data'],
    [['recommend', 'whole', '--history', 'a'], 1, 'the history has no item that the model knows'],
    [['recommend', 'whole', '--history', 'item-1', '--k', '0'], 1, 'k must be an integer from 1 to 40'],
    [['data', 'convert', data, 'x.xlsx', ...columns], 1, 'must be one of text, csv, parquet, arrow'],
    [['data', 'describe', 'none.csv'], 1, 'none.csv: no such file'],
    [['data', 'burn'], 2, "unknown command 'burn'"],
    [['teach'], 2, "unknown command 'teach'"],
  ])('%j exits with %d and one line that says why', (given, status, message) => {
    const result = recsys(...given);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toContain('    at ');
    expect(result.stderr).toMatch(/^recsys: /m);
    expect(result.status).toBe(status);
  });

  it.each([
    ['', 'train ratings.csv'],
    ['train', ''],
    ['evaluate', ''],
    ['recommend', ''],
    ['serve', ''],
    ['data describe', ''],
    ['data convert', ''],
    ['data get', ''],
  ])('%s --help has examples, and no line of more than 80 columns', (command, rest) => {
    const { status, stdout } = recsys(...command.split(' ').filter(Boolean), '--help');
    expect(status).toBe(0);
    expect(stdout).toContain(`Examples:\n  recsys ${command}${rest}`);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).not.toContain('\u001b');
  });

  it('has colours where FORCE_COLOR asks for them, but never in JSON', () => {
    const events = (env: NodeJS.ProcessEnv, ...given: string[]) =>
      spawnSync(process.execPath, [cli, 'data', 'describe', data, ...columns, ...given], {
        env: { ...process.env, ...env },
        encoding: 'utf8',
      }).stdout;
    expect(events({ FORCE_COLOR: '1' })).toContain('\u001b[36mdata');
    expect(events({ FORCE_COLOR: '1' }, '--json')).not.toContain('\u001b');
    expect(events({})).not.toContain('\u001b');
  });

  it('names a run without --out after the data, the preset or the model, its settings and the seed', () => {
    expect(recsys('train', '--help').stdout.replace(/\s+/g, ' ')).toContain('default runs/DATA-MODEL-SETTINGS-SEED');
    const once = [...small, '--epochs', '1', '--max-steps', '1'];
    const runOf = (...given: string[]) => /--resume (\S+)/.exec(recsys('train', data, ...once, ...given).stdout)?.[1];
    const settings = 'max-length-8-hidden-units-8-batch-size-16-epochs-1';
    expect(runOf()).toBe(`runs/clicks-sasrec-${settings}-3`);
    expect(runOf('--preset', 'pre-norm', '--seed', '7')).toBe(`runs/clicks-pre-norm-${settings}-7`);
  });

  it('says in plain words what computes', () => {
    const [backend] = recsys('evaluate', 'whole').stdout.split('\n');
    expect(backend).toMatch(/^backend {2}(tensorflow|simd( native-\w+)?, \d+ threads?)$/);
  });
});
