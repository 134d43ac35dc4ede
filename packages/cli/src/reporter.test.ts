import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { metricLines, Reporter } from './reporter.js';

const recorder = (terminal: object) => {
  const stream = Object.assign(new PassThrough(), terminal);
  let written = '';
  stream.on('data', (chunk) => {
    written += chunk;
  });
  return { stream, written: () => written };
};

const terminal = { isTTY: true, columns: 80, getColorDepth: () => 8 };
const variables = ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS'] as const;

describe('Reporter', () => {
  const before = { ...process.env };
  beforeEach(() => {
    for (const name of variables) delete process.env[name];
  });
  afterEach(() => {
    for (const name of variables) if (before[name] !== undefined) process.env[name] = before[name];
  });

  const reported = (to: object, json = false) => {
    const { stream, written } = recorder(to);
    const reporter = new Reporter({ json, output: stream });
    reporter.report('test', 'NDCG@10 0.4127 [0.402, 0.424]', { value: 0.4127 }, { style: 'green' });
    return written();
  };

  it('colours what a terminal shows, and nothing that goes elsewhere', () => {
    expect(reported(terminal)).toContain('\u001b[36mtest');
    expect(reported(terminal)).toContain('\u001b[2m[0.402, 0.424]');
    expect(reported({})).toBe('test     NDCG@10 0.4127 [0.402, 0.424]\n');
  });

  it('has no colours in JSON, whatever the terminal and FORCE_COLOR say', () => {
    process.env.FORCE_COLOR = '1';
    expect(reported(terminal, true)).toBe('{"event":"test","value":0.4127}\n');
  });

  it('wraps lines to the terminal below their text, and leaves them whole elsewhere', () => {
    const text = 'clicks.csv · 3,000 users · 400 items · 60,536 interactions · median length 15';
    const lines = (to: object) => {
      const { stream, written } = recorder(to);
      new Reporter({ json: false, output: stream }).report('data', text, {});
      return written();
    };
    expect(lines({})).toBe(`data     ${text}\n`);
    expect(lines({ isTTY: true, columns: 80, getColorDepth: () => 1 }).split('\n')[1]).toBe(
      '         median length 15',
    );
  });

  it('prints no control characters of its input', () => {
    const { stream, written } = recorder({});
    new Reporter({ json: false, output: stream }).report('data', 'evil\u001b[2J.csv', {});
    expect(written()).toBe('data     evil\\u001b[2J.csv\n');
  });

  it('keeps standard output for results alone when it is quiet', () => {
    const [output, errors] = [recorder({}), recorder({})];
    let now = 0;
    const reporter = new Reporter({
      json: true,
      quiet: true,
      output: output.stream,
      errors: errors.stream,
      clock: () => now,
    });
    reporter.progress('recommend', 0, 10);
    now = 60_000;
    reporter.progress('recommend', 5, 10);
    reporter.report('model', 'x', {});
    expect(output.written()).toBe('');
    expect(errors.written()).toBe('recommend: 50 %, eta 60 s\n');
  });

  it('reports progress as JSON events', () => {
    const { stream, written } = recorder({});
    let now = 0;
    const reporter = new Reporter({ json: true, output: stream, clock: () => now });
    reporter.progress('validation', 0, 10);
    now = 6000;
    reporter.progress('validation', 3, 10);
    reporter.progress('validation', 10, 10);
    expect(written()).toBe('{"event":"progress","step":"validation","done":3,"total":10,"seconds":6}\n');
  });
});

it('metricLines has a line for each cut-off, of at most 58 columns, without MRR', () => {
  const estimate = { value: 0.41271, low: 0.4024, high: 0.4236 };
  const metrics = { 'hr@5': estimate, 'ndcg@5': estimate, 'mrr@5': estimate, 'hr@10': estimate, 'ndcg@10': estimate };
  expect(metricLines({ metrics })).toEqual([
    'NDCG@5 0.4127 [0.402, 0.424]  HR@5 0.4127 [0.402, 0.424]',
    'NDCG@10 0.4127 [0.402, 0.424]  HR@10 0.4127 [0.402, 0.424]',
  ]);
});
