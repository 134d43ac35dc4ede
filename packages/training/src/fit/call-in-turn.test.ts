import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend } from '../../../../test/support/models.js';
import { fit } from './fit.js';
import type { FitOptions } from './fit-options.js';
import type { EndRecord, LogLine, StartRecord, TrainingCallbacks } from './records.js';

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-callbacks-'));
afterAll(() => rmSync(root, { recursive: true }));

const split = smallSplit();
const newModel = () => new LastItemModel({ catalog: split.catalog, maxLength: 6 });
const options: FitOptions = { epochs: 2, seed: 4, batchSize: 16, validation: false, clock: () => 0 };
const batches = 4;

/** Returns callbacks that keep what they are told. */
const recorder = () => {
  const [starts, lines, ends]: [StartRecord[], LogLine[], EndRecord[]] = [[], [], []];
  const callbacks: TrainingCallbacks = {
    onStart: async (record) => void starts.push(record),
    onLog: (line) => void lines.push(line),
    onEnd: async (record) => void ends.push(record),
  };
  return { starts, lines, ends, callbacks };
};

const logOf = (run: string): LogLine[] =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('callbacks', () => {
  it('are told of the start, of each line of the log, and of the end', async () => {
    const runDirectory = join(root, 'run');
    const [first, second] = [recorder(), recorder()];
    const both = [first.callbacks, second.callbacks];
    await fit(newModel(), split, { ...options, logSteps: 3, maxSteps: batches + 2, runDirectory, callbacks: both });
    const config = JSON.parse(readFileSync(join(runDirectory, 'config.json'), 'utf8'));
    expect(JSON.parse(JSON.stringify(first.starts))).toEqual([
      { runDirectory, config, resumed: false, step: 0, log: [] },
    ]);
    expect(first.lines).toEqual(logOf(runDirectory));
    expect(first.lines.map(({ event }) => event)).toEqual(['step', 'epoch', 'step']);
    expect(first.ends).toEqual([{ stopped: 'steps' }]);
    expect([second.starts, second.lines, second.ends]).toEqual([first.starts, first.lines, first.ends]);

    const before = logOf(runDirectory);
    const resumed = recorder();
    await fit(newModel(), split, {
      ...options,
      logSteps: 3,
      resume: true,
      runDirectory,
      callbacks: [resumed.callbacks],
    });
    expect(resumed.starts).toMatchObject([{ resumed: true, step: batches + 2, log: before }]);
    expect([...before, ...resumed.lines]).toEqual(logOf(runDirectory));
    expect(resumed.ends).toEqual([{ stopped: 'epochs' }]);
  });

  it('are told the same without a run directory, with the settings alone', async () => {
    const { starts, lines, callbacks } = recorder();
    await fit(newModel(), split, { ...options, logSteps: batches, callbacks: [callbacks] });
    expect(starts).toMatchObject([
      { runDirectory: undefined, config: { fit: { epochs: 2 }, loss: { numNegatives: 1 } } },
    ]);
    expect(starts[0].config.model).toEqual({ name: 'LastItemModel', maxLength: 6 });
    expect(lines.map(({ event }) => event)).toEqual(['step', 'epoch', 'step', 'epoch']);
  });

  it('are told of an error, and are not called for a run that cannot start', async () => {
    const failing = recorder();
    const throws = {
      onStep: () => {
        throw new Error('full');
      },
    };
    await expect(fit(newModel(), split, { ...options, callbacks: [failing.callbacks, throws] })).rejects.toThrow(
      'full',
    );
    expect(failing.ends).toEqual([{ stopped: 'error' }]);
    const refused = recorder();
    const nowhere = { resume: true, runDirectory: join(root, 'nowhere'), callbacks: [refused.callbacks] };
    await expect(fit(newModel(), split, { ...options, ...nowhere })).rejects.toThrow('holds no run');
    expect([refused.starts, refused.ends]).toEqual([[], []]);
  });
});
