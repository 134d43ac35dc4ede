import { appendFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { epochLine, temporaryFolder, testLine, writeRun } from '../test-support.js';
import { MetricsLog } from './metrics-log.js';

const root = temporaryFolder();
let count = 0;
const newLog = (text = '') => {
  const run = writeRun(root, `run-${++count}`, undefined, text);
  const file = join(run, 'metrics.jsonl');
  const log = new MetricsLog(run);
  /** What a read finds: whether it began again, and the epochs. */
  const read = async () => {
    const change = await log.read();
    return change && [change.again, ...change.epochs.map(({ epoch }) => epoch)];
  };
  return { file, log, read };
};

describe('MetricsLog', () => {
  it('reads what was added, and waits for the end of a line', async () => {
    const { file, log, read } = newLog(epochLine(1) + epochLine(2));
    expect(await read()).toEqual([false, 1, 2]);
    expect(await read()).toBeUndefined();
    const line = epochLine(3);
    appendFileSync(file, line.slice(0, 40));
    expect(await read()).toBeUndefined();
    appendFileSync(file, line.slice(40) + epochLine(4));
    expect(await read()).toEqual([false, 3, 4]);
    appendFileSync(file, testLine(4));
    expect(await read()).toEqual([false]);
    expect(log.test).toMatchObject({ numTargets: 60, baselines: { popularity: { 'ndcg@10': { value: 0.2 } } } });
    expect(log.epochs[2]).toMatchObject({ epoch: 3, seconds: 6, validation: { 'ndcg@10': 0.3 } });
  });

  it('begins again when a resumed run has cut the log, also when it is longer than before by then', async () => {
    const before = epochLine(1) + epochLine(2);
    const { file, log, read } = newLog(before + epochLine(3) + testLine(3));
    expect(await read()).toEqual([false, 1, 2, 3]);
    truncateSync(file, before.length);
    expect(await read()).toEqual([true, 1, 2]);
    expect(log.test).toBeUndefined();
    appendFileSync(file, epochLine(3, { seconds: 6.5 }));
    expect(await read()).toEqual([false, 3]);
    truncateSync(file, before.length);
    appendFileSync(file, epochLine(3, { seconds: 7.5 }) + epochLine(4) + epochLine(5));
    expect(await read()).toEqual([true, 1, 2, 3, 4, 5]);
    expect(log.epochs[2].seconds).toBe(7.5);
  });

  it('has nothing without a file, and nothing any more when it is gone', async () => {
    const { file, log, read } = newLog();
    expect(await read()).toBeUndefined();
    writeFileSync(file, epochLine(1));
    expect(await read()).toEqual([false, 1]);
    rmSync(file);
    expect(await read()).toEqual([true]);
    expect(log.epochs).toEqual([]);
  });

  it('skips what is no record, and counts it', async () => {
    const steps = '{"event":"step","epoch":1,"step":1,"loss":0.5,"learningRate":0.001}\n';
    const { log, read } = newLog(`${steps}half a li\n${epochLine(1)}{"event":"epoch","epoch":"two"}\n[1]\n`);
    expect(await read()).toEqual([false, 1]);
    expect(log.badLines).toBe(3);
  });

  it('follows no link', async () => {
    const { file, log } = newLog();
    writeFileSync(join(root, 'elsewhere.jsonl'), epochLine(1));
    symlinkSync(join(root, 'elsewhere.jsonl'), file);
    await expect(log.read()).rejects.toMatchObject({ code: 'bad-run', problem: 'metrics.jsonl is a symbolic link' });
  });
});
