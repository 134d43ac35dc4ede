import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend, weightsOf } from '../../../../test/support/models.js';
import { watchThreads } from '../../../../test/support/threads.js';
import { fit } from './fit.js';
import type { FitOptions } from './fit-options.js';

await useTestBackend();
const root = mkdtempSync(join(tmpdir(), 'recsys-batch-thread-'));
afterAll(() => rmSync(root, { recursive: true }));

const split = smallSplit();
const newModel = () => new LastItemModel({ catalog: split.catalog, maxLength: 6 });
const options: FitOptions = { epochs: 3, seed: 4, batchSize: 16, validation: false, batchThread: true, clock: () => 0 };

const started = watchThreads();
afterEach(() => {
  expect(started().map(({ threadId }) => threadId)).toEqual([-1]); // one thread, which has ended
});

describe('fit with batches from a thread', () => {
  it('ends with the same weights as without, and ends the thread', async () => {
    const [here, there] = [newModel(), newModel()];
    await fit(here, split, { ...options, batchThread: false });
    expect(started()).toHaveLength(0);
    await fit(there, split, options);
    expect(weightsOf(there)).toEqual(weightsOf(here));
  });

  it('resumes in the middle of an epoch to the same weights', async () => {
    const [whole, parts] = [newModel(), newModel()];
    const runDirectory = join(root, 'resumed');
    await fit(whole, split, { ...options, batchThread: false });
    await fit(parts, split, { ...options, batchThread: false, runDirectory, maxSteps: 6 });
    await fit(parts, split, { ...options, runDirectory, resume: true });
    expect(weightsOf(parts)).toEqual(weightsOf(whole));
  });

  it('ends the thread when it is aborted', async () => {
    const controller = new AbortController();
    const callbacks = [{ onStep: () => controller.abort() }];
    const result = await fit(newModel(), split, { ...options, callbacks, signal: controller.signal });
    expect(result).toMatchObject({ stopped: 'aborted', steps: 1 });
  });

  it('ends the thread when a callback throws', async () => {
    const fail = () => {
      throw new Error('no room on the screen');
    };
    await expect(fit(newModel(), split, { ...options, callbacks: [{ onStep: fail }] })).rejects.toThrow('no room');
  });
});
