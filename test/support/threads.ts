import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, vi } from 'vitest';

/** Notes the threads that each test of a file starts; returns those of the test that runs. The `threadId` of one that has ended is -1. */
export const watchThreads = (): (() => readonly Worker[]) => {
  let started: Worker[];
  beforeEach(() => {
    started = [];
    const builtin = process.getBuiltinModule;
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(((name: string) => {
      if (name !== 'node:worker_threads') return builtin(name);
      const { Worker } = builtin('node:worker_threads');
      return {
        Worker: class extends Worker {
          constructor(...args: ConstructorParameters<typeof Worker>) {
            super(...args);
            started.push(this);
          }
        },
      };
    }) as typeof builtin);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return () => started;
};
