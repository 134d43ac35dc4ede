import type { FitResult } from '@recsys/training';
import type { Reporter } from '../reporter.js';

/** Stops training when no one reads its output any more; the process then exits with 141. */
export const stopOnClosedOutput = (controller: AbortController): void => {
  process.on('SIGPIPE', () => {
    process.exitCode = 141;
    controller.abort();
  });
};

/** Does work that the first signal stops after a step, with a checkpoint, and the second one at once. */
export const interruptible = async <T>(
  reporter: Reporter,
  controller: AbortController,
  work: () => Promise<T>,
): Promise<T> => {
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    reporter.remark('stopping after this step; press Ctrl-C again to stop at once');
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
};

/** Whether a training ended by itself, and not by a budget or a signal. */
export const isFinished = ({ stopped }: FitResult): boolean => stopped === 'epochs' || stopped === 'patience';
