import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from './progress.js';

/** Returns a stream that keeps what is written to it, as a terminal or as a file. */
const recorder = (isTTY: boolean) => {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  let written = '';
  stream.on('data', (chunk) => {
    written += chunk;
  });
  return { stream, written: () => written };
};

describe('Progress', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('says nothing of a short step where there is no terminal, and a line every 30 seconds of a long one', () => {
    const { stream, written } = recorder(false);
    let now = 0;
    const progress = new Progress({ stream, clock: () => now });
    for (; now < 95_000; now += 1000) progress.update('validation', { done: now / 1000, total: 200, detail: 'x' });
    progress.stop();
    expect(written().trim().split('\n')).toEqual([
      'validation: 15 %, x, eta 3 min',
      'validation: 30 %, x, eta 2 min',
      'validation: 45 %, x, eta 110 s',
    ]);
  });

  it('counts only what was done since the step began here: a resumed step does not look fast', () => {
    const { stream, written } = recorder(false);
    let now = 0;
    const progress = new Progress({ stream, clock: () => now });
    progress.update('recommend', { done: 900, total: 1000 });
    now = 40_000;
    progress.update('recommend', { done: 910, total: 1000 });
    expect(written()).toBe('recommend: 91 %, eta 6 min\n'); // 90 more at 4 s each
  });

  it('gives a machine an event every 5 seconds, and a person nothing then', () => {
    const { stream, written } = recorder(true);
    const events: object[] = [];
    let now = 0;
    const progress = new Progress({ stream, clock: () => now, onEvent: (event) => events.push(event) });
    for (; now <= 10_000; now += 2500) progress.update('test', { done: now / 2500, total: 8 });
    expect(events).toEqual([
      { step: 'test', done: 2, total: 8, seconds: 5 },
      { step: 'test', done: 4, total: 8, seconds: 10 },
    ]);
    expect(written()).toBe('');
  });

  it('rewrites one line of a terminal, and removes it', () => {
    const { stream, written } = recorder(true);
    let now = 0;
    const progress = new Progress({ stream, clock: () => now });
    progress.update('epoch 1/3', { done: 1, total: 4, detail: 'loss 1.2' });
    now = 2000;
    vi.advanceTimersByTime(2000);
    progress.update('epoch 1/3', { done: 2, total: 4, detail: 'loss 1.1' });
    expect(written()).toContain('epoch 1/3');
    expect(written()).toMatch(/\[=+-+\] 50 % {2}loss 1\.1 {2}eta 4\.0 s/);
    expect(written()).not.toContain('\n');
    progress.stop();
    expect(written()).toContain('\u001b[?25h'); // the cursor is shown again
  });

  it('shows how long a step without a known end takes, and ends it also when it fails', async () => {
    const { stream, written } = recorder(true);
    let now = 0;
    const progress = new Progress({ stream, clock: () => now });
    const work = progress.during('reading clicks.csv', async () => {
      for (now = 0; now < 1000; now += 100) vi.advanceTimersByTime(100);
      throw new Error('no such column');
    });
    await expect(work).rejects.toThrow('no such column');
    expect(written()).toContain('reading clicks.csv  0.5 s');
    expect(written().endsWith('\r\u001b[K')).toBe(true);
    const { length } = written();
    vi.advanceTimersByTime(5000);
    expect(written()).toHaveLength(length);
  });

  it('shows a download of unknown size by what has come', () => {
    const { stream, written } = recorder(true);
    const progress = new Progress({ stream });
    progress.update('download', { done: 2 ** 21, total: undefined, detail: '2.0 MiB' });
    expect(written()).toBe('\r\u001b[Kdownload  2.0 MiB');
  });
});
