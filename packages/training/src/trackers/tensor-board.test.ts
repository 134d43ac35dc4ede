import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend } from '../../../../test/support/models.js';
import { curvesIn, eventsIn } from '../../../../test/support/trackers/event-files.js';
import { type FitOptions, fit, type LogLine } from '../fit/index.js';
import { readRecords } from './event-records.js';
import { tensorBoard } from './tensor-board.js';

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-tensorboard-'));
afterAll(() => rmSync(root, { recursive: true }));
const newRun = () => join(mkdtempSync(join(root, 'case-')), 'run');

const split = smallSplit();
const newModel = () => new LastItemModel({ catalog: split.catalog, maxLength: 6 });
const options: FitOptions = {
  epochs: 3,
  seed: 4,
  batchSize: 16,
  learningRate: 0.02,
  logSteps: 2,
  validation: { protocol: 'full', patience: false },
  clock: () => 0,
};
const batches = 4;

const logOf = (run: string): LogLine[] =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const test: LogLine = {
  event: 'test',
  ...{ epoch: 2, protocol: 'full', numTargets: 60, metrics: { 'ndcg@10': { value: 0.25, low: 0.2, high: 0.3 } } },
};

/** Trains a run to its end, and tells of a test. */
const tracked = async (runDirectory: string, more: Partial<FitOptions> = {}) => {
  let time = 1_700_000_000_000;
  const tracker = tensorBoard(join(runDirectory, 'tensorboard'), { now: () => (time += 500) });
  const { callbacks = [], ...rest } = more;
  await fit(newModel(), split, { ...options, ...rest, runDirectory, callbacks: [tracker, ...callbacks] });
  await tracker.onLog!(test);
};

describe('tensorBoard', () => {
  it('writes what the log has, a value for each step, with times', async () => {
    const run = newRun();
    await tracked(run);
    const curves = curvesIn(join(run, 'tensorboard'));
    const epochs = logOf(run).filter((line) => line.event === 'epoch');
    const steps = logOf(run).filter((line) => line.event === 'step');
    const close = (values: [number, number][]) => values.map(([step, value]) => [step, expect.closeTo(value, 5)]);
    expect(steps).toHaveLength((3 * batches) / 2);
    expect(curves).toEqual({
      'train/step_loss': close(steps.map(({ step, loss }) => [step, loss])),
      'train/loss': close(epochs.map(({ step, loss }) => [step, loss])),
      'train/learning_rate': close(epochs.map(({ step }) => [step, 0.02])),
      'train/epoch': epochs.map(({ step, epoch }) => [step, epoch]),
      ...Object.fromEntries(
        ['hr@10', 'ndcg@10', 'mrr@10'].map((name) => [
          `validation/${name}`,
          close(epochs.map(({ step, validation }) => [step, validation![name]])),
        ]),
      ),
      'test/ndcg@10': [[2 * batches, 0.25]],
    });
    const [first, second] = eventsIn(join(run, 'tensorboard', 'events.out.tfevents.0000000001'));
    expect(first).toMatchObject({ file_version: 'brain.Event:2', wall_time: 1_700_000_000.5 });
    expect(second.wall_time).toBe(1_700_000_001);
  });

  it('has one value for each step after a kill and a resume, the same as if the run had never stopped', async () => {
    const [whole, killed] = [newRun(), newRun()];
    await tracked(whole);
    const dies = {
      onStep: ({ step }: { step: number }) => {
        if (step === 2 * batches + 3) throw new Error('killed');
      },
    };
    await expect(tracked(killed, { callbacks: [dies] })).rejects.toThrow('killed');
    const directory = join(killed, 'tensorboard');
    const [file] = readdirSync(directory);
    expect(curvesIn(directory)['train/step_loss'].at(-1)![0]).toBe(2 * batches + 2); // beyond the checkpoint
    appendFileSync(join(directory, file), Buffer.from([40, 0, 0, 0, 0, 0, 0, 0, 1, 2])); // a torn record
    await tracked(killed, { resume: true });
    expect(curvesIn(directory)).toEqual(curvesIn(join(whole, 'tensorboard')));
    expect(eventsIn(join(directory, readdirSync(directory)[1]))[1]).toMatchObject({
      step: String(2 * batches + 1),
      session_log: { status: 'START' },
    });
    // Once more after the end: the test is made again, and stands there once.
    await tracked(killed, { resume: true });
    expect(curvesIn(directory)).toEqual(curvesIn(join(whole, 'tensorboard')));
  });

  it('begins with the log of a run that was not tracked before', async () => {
    const [whole, late] = [newRun(), newRun()];
    await tracked(whole);
    await fit(newModel(), split, { ...options, runDirectory: late, maxSteps: batches + 1 });
    await tracked(late, { resume: true });
    expect(curvesIn(join(late, 'tensorboard'))).toEqual(curvesIn(join(whole, 'tensorboard')));
  });

  it('refuses a directory with the events of another training, and unknown options', async () => {
    const run = newRun();
    await tracked(run);
    const again = tensorBoard(join(run, 'tensorboard'));
    await expect(fit(newModel(), split, { ...options, callbacks: [again] })).rejects.toMatchObject({
      code: 'other-run',
      message: expect.stringContaining('already holds the events of a training'),
    });
    expect(() => tensorBoard('x', { time: 1 } as object)).toThrow('tensorBoard: unknown option time');
  });

  it('stops reading a file at a record that was altered', async () => {
    const run = newRun();
    await tracked(run);
    const file = readFileSync(join(run, 'tensorboard', 'events.out.tfevents.0000000001'));
    const records = readRecords(file);
    expect(records.map(({ record }) => record.length).reduce((a, b) => a + b)).toBe(file.length);
    file[records[0].record.length + records[1].record.length + 14] ^= 1;
    expect(readRecords(file)).toHaveLength(2);
  });

  const python = process.env.TENSORBOARD_PYTHON ?? 'python3';
  const hasTensorBoard = spawnSync(python, ['-c', 'import tensorboard']).status === 0;
  const title = hasTensorBoard
    ? "is read by TensorBoard's own reader as it was written"
    : "is read by TensorBoard's own reader as it was written (skipped: this Python has no tensorboard)";
  it.skipIf(!hasTensorBoard)(title, async () => {
    const run = newRun();
    await tracked(run, { maxSteps: 2 * batches + 3 });
    await tracked(run, { resume: true });
    const directory = join(run, 'tensorboard');
    const program = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0}).Reload()
tags = events.Tags()['scalars']
print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags}))`;
    const { stdout, stderr } = spawnSync(python, ['-c', program, directory], { encoding: 'utf8' });
    expect([stderr.includes('Traceback'), JSON.parse(stdout)]).toEqual([false, curvesIn(directory)]);
  });
});
