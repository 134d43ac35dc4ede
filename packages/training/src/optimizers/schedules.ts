import { TrainingError } from '../errors.js';

/**
 * How the learning rate changes, as a factor of the configured one:
 * - `constant`: 1 throughout.
 * - `warm-up`: rises linearly from 0 over the first `steps` steps, then 1.
 * - `one-cycle`: rises linearly from 1/25 to 1 over the first part of all steps, a share of `rise` (default 0.3), then falls linearly to
 *   1/250,000 (Smith & Topin 2018; the shape and constants of PyTorch's OneCycleLR with linear annealing).
 * - `cosine`: falls from 1 to 0 along half a cosine, after a linear rise over the first `warmUp` steps (default 0; Loshchilov & Hutter 2017,
 *   without restarts).
 * - `noam`: rises linearly over the first `steps` steps to 1, then falls as 1 / sqrt(step) (Vaswani et al. 2017, equation 3, divided by its
 *   highest value; theirs has the learning rate `1 / sqrt(units · steps)`).
 */
export type Schedule =
  | { kind: 'constant' }
  | { kind: 'warm-up'; steps: number }
  | { kind: 'one-cycle'; rise?: number | undefined }
  | { kind: 'cosine'; warmUp?: number | undefined }
  | { kind: 'noam'; steps: number };

/** Names of the schedules. */
export const scheduleNames = [
  'constant',
  'warm-up',
  'one-cycle',
  'cosine',
  'noam',
] as const satisfies Schedule['kind'][];

/**
 * Returns the factor of the learning rate at a step.
 *
 * @param step 0-based number of the step.
 * @param totalSteps how many steps the whole training has; used by `one-cycle` and `cosine`.
 * @throws {TrainingError} `bad-option` on an unknown kind.
 * @example
 * scheduleFactor({ kind: 'warm-up', steps: 100 }, 49, 1000); // 0.5
 */
export const scheduleFactor = (schedule: Schedule, step: number, totalSteps: number): number => {
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'warm-up':
      return Math.min(1, (step + 1) / schedule.steps);
    case 'one-cycle':
      return oneCycle(step, totalSteps, schedule.rise ?? 0.3);
    case 'cosine': {
      const { warmUp = 0 } = schedule;
      if (step < warmUp) return (step + 1) / warmUp;
      return (1 + Math.cos((Math.PI * (step - warmUp)) / Math.max(1, totalSteps - warmUp))) / 2;
    }
    case 'noam':
      return Math.min((step + 1) / schedule.steps, Math.sqrt(schedule.steps / (step + 1)));
    default:
      throw new TrainingError(
        'bad-option',
        `schedule: kind must be one of ${scheduleNames.join(', ')}, got ${JSON.stringify(schedule)}`,
      );
  }
};

const oneCycle = (step: number, totalSteps: number, rise: number): number => {
  const [start, end] = [1 / 25, 1 / 25 / 1e4];
  const top = rise * totalSteps - 1;
  const last = totalSteps - 1;
  if (step <= top) return top <= 0 ? 1 : start + ((1 - start) * step) / top;
  return last <= top ? end : 1 + ((end - 1) * Math.min(step - top, last - top)) / (last - top);
};
