import { afterEach, expect, it, vi } from 'vitest';
import { nextTask } from './next-task.js';

afterEach(() => vi.unstubAllGlobals());

it('lets other tasks run, and does not wait for frames of a screen', async () => {
  const frames = vi.fn();
  vi.stubGlobal('requestAnimationFrame', frames);
  for (const stubbed of [false, true]) {
    if (stubbed) vi.stubGlobal('setImmediate', undefined); // as in a page
    let hasRun = false;
    setTimeout(() => {
      hasRun = true;
    });
    const end = performance.now() + 5000;
    while (!hasRun && performance.now() < end) await nextTask();
    expect(hasRun).toBe(true);
  }
  expect(frames).not.toHaveBeenCalled();
});
