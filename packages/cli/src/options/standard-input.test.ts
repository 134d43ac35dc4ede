import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { columns, small, workspace } from '../test-support.js';

const { root, data, rows, recsys, piped } = workspace();
const text = readFileSync(data);
const tests = (output: string) => /^test .*$/m.exec(output)?.[0];

describe('standard input', () => {
  const whole = recsys('train', data, ...small, '--out', 'whole');
  const trained = piped(text, 'train', '-', ...small, '--out', 'piped');

  it('trains as the same file does, and the run says that it came from there', () => {
    expect(trained).toMatchObject({ status: 0, stderr: '' });
    expect(trained.stdout).toContain('standard input · 300 users');
    expect(tests(trained.stdout)).toBe(tests(whole.stdout));
    expect(JSON.parse(readFileSync(join(root, 'piped', 'config.json'), 'utf8')).info.data).toBe('-');
  });

  it('names a run by itself', () => {
    expect(piped(text, 'train', '-', ...small, '--epochs', '1').stdout).toMatch(
      /^saved +runs\/stdin-sasrec-[\w.-]+-3$/m,
    );
  });

  it('is asked for again where a run needs its data', () => {
    const message =
      'recsys: piped: was trained on standard input; give the same data by --data FILE, or by --data - on standard input\n';
    expect(recsys('evaluate', 'piped')).toMatchObject({ status: 2, stderr: message });
    expect(recsys('recommend', 'piped', '--user', 'user-1')).toMatchObject({ status: 2, stderr: message });
    expect(recsys('train', '--resume', 'piped')).toMatchObject({ status: 2, stderr: message });
    const evaluated = recsys('evaluate', 'piped', '--data', data);
    expect(evaluated.status).toBe(0);
    expect(piped(text, 'evaluate', 'piped', '--data', '-')).toMatchObject({ status: 0, stdout: evaluated.stdout });
    expect(piped(text, 'train', '--resume', 'piped', '--data', '-')).toMatchObject({ status: 0, stderr: '' });
    const user = String(rows[0].user);
    const recommended = recsys('recommend', 'piped', '--user', user, '--data', data);
    expect(piped(text, 'recommend', 'piped', '--user', user, '--data', '-')).toEqual({
      status: 0,
      stdout: recommended.stdout,
      stderr: '',
    });
    expect(piped('who,what,when\na,x,1\n', 'evaluate', 'piped', '--data', '-')).toMatchObject({ status: 2 });
  });

  it('is described and converted, packed or not', () => {
    const described = piped(gzipSync(text), 'data', 'describe', '-', ...columns);
    expect(described).toMatchObject({ status: 0, stdout: expect.stringContaining('standard input · 300 users') });
    expect(piped(text, 'data', 'convert', '-', 'out.csv', ...columns)).toMatchObject({ status: 0, stderr: '' });
    recsys('data', 'convert', data, 'expected.csv', ...columns);
    expect(readFileSync(join(root, 'out.csv'), 'utf8')).toBe(readFileSync(join(root, 'expected.csv'), 'utf8'));
    expect(piped('', 'data', 'describe', '-')).toMatchObject({ status: 1, stderr: 'recsys: input: is empty\n' });
  });

  it('holds histories, as JSON lines or Parquet', () => {
    const histories = [{ history: ['item-1', 'item-2'] }, { history: ['item-3'] }];
    const lines = `${histories.map((history) => JSON.stringify(history)).join('\n')}\n`;
    writeFileSync(join(root, 'histories.jsonl'), lines);
    const expected = recsys('recommend', 'whole', '--input', 'histories.jsonl');
    expect(expected).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\[\{.*\n\[\{.*\n$/) });
    const { stdout, stderr } = expected;
    const parquet = parquetWriteBuffer({
      columnData: [{ name: 'history', data: histories.map(({ history }) => history), type: 'JSON' }],
    });
    for (const input of [lines, gzipSync(lines), new Uint8Array(parquet)])
      expect(piped(input, 'recommend', 'whole', '--input', '-')).toEqual({ status: 0, stdout, stderr });
    expect(piped('["item-1"]\n{}\n', 'recommend', 'whole', '--input', '-')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('input:2: must be a non-empty array of items'),
    });
  });
});
