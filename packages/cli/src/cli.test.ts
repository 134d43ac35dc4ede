import { describe, expect, it } from 'vitest';
import { columns, small, workspace } from './test-support.js';

const { data, recsys } = workspace();
recsys('train', data, ...small, '--out', 'whole');

describe('recsys', () => {
  it.each([
    [['train'], 2, 'give either a data file or --resume RUN'],
    [['train', 'x.csv', '--epoch', '3'], 2, "unknown option '--epoch'"],
    [['train', 'x.csv', '--epochs', 'many'], 2, '--epochs must be a number, got "many"'],
    [['train', 'none.csv'], 1, 'none.csv: no such file'],
    [['train', data], 1, 'the header has no column that looks like the user; it has "who", "what", "when"'],
    [['train', data, '--user', 'who'], 2, '--user and --item go together'],
    [
      ['train', data, ...columns, '--num-heads', '3', '--out', 'bad-heads'],
      1,
      'SASRec: hiddenUnits (50) must be divisible by numHeads (3)',
    ],
    [['train', data, ...small, '--out', 'whole'], 2, 'whole already holds a run. Resume it with --resume whole'],
    [['train', '--resume', 'whole', '--epochs', '9'], 2, '--resume uses the options of the run; remove --epochs'],
    [['train', '--resume', 'nowhere'], 1, 'nowhere: holds no run'],
    [['evaluate', 'nowhere'], 1, 'nowhere: holds no run'],
    [['recommend', 'nowhere', '--history', 'a'], 1, 'nowhere: is no run, checkpoint or saved model'],
    [['recommend', 'whole'], 2, 'give exactly one of --history, --user, --input and --all-users'],
    [['recommend', 'whole', '--user', 'nobody'], 2, "--user nobody is not one of the 300 users of the run's data"],
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
    expect(result.status).toBe(status);
  });

  it.each([['train'], ['evaluate'], ['recommend'], ['data describe'], ['data convert'], ['data get']])(
    '%s --help has examples',
    (command) => {
      expect(recsys(...command.split(' '), '--help')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`Examples:\n  recsys ${command}`),
      });
    },
  );
});
