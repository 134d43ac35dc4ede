/**
 * Most tests run the command in a process that their calls share. These show that a process of its own ends in the same way; those of `serve` and
 * `studio` start one themselves.
 */
import { describe, expect, it } from 'vitest';
import { columns, small, workspace } from './test-support.js';

const { data, recsys, alone } = workspace();
const quick = [...small, '--epochs', '1'];
recsys('train', data, ...quick, '--out', 'run');

/** The output without what depends on the clock or on the name of an output. */
const comparable = (text: string, out: string): string =>
  text
    .replaceAll(out, 'OUT')
    .replace(/\d+(\.\d+)? s\b/g, '_ s')
    .replace(/ {2,}/g, ' ');

describe('recsys in a process of its own', () => {
  it.each([
    [['--help'], 0],
    [['train', data, ...quick, '--out', 'OUT'], 0],
    [['tune', data, ...quick, '--trials', '1', '--out', 'OUT-search'], 0],
    [['nightly', data, '--models', 'OUT-models', ...quick], 0],
    [['nightly', data, '--models', 'OUT-models', ...quick, '--learning-rate', '1e9'], 3],
    [['evaluate', 'run', '--groups'], 0],
    [['report', 'run', '--output', 'OUT.html', '--sample-targets', '20'], 0],
    [['recommend', 'run', '--history', 'item-1'], 0],
    [['explain', 'run', '--history', 'item-1'], 0],
    [['export', 'run', '--to', 'onnx', '--output', 'OUT.onnx'], 0],
    [['data', 'describe', data, ...columns], 0],
    [['data', 'convert', data, 'OUT.parquet', ...columns], 0],
    [['data', 'prepare', data, '--output', 'OUT-prepared', ...columns], 0],
    [['data', 'get', '--list'], 0],
    [['train', 'none.csv'], 1],
    [['train', data, '--epoch', '3'], 2],
  ])('%j exits with %d, and prints what it prints in a shared one', (given, status) => {
    const outcome = (run: typeof alone, out: string) => {
      const ended = run(...given.map((argument) => argument.replace('OUT', out)));
      return { status: ended.status, stdout: comparable(ended.stdout, out), stderr: comparable(ended.stderr, out) };
    };
    const own = outcome(alone, 'output-a');
    expect(own.status).toBe(status);
    expect(outcome(recsys, 'output-b')).toEqual(own);
  });
});
