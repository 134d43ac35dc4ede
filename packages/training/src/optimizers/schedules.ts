import { TrainingError } from '../errors.js';

/**
 * How the learning rate changes, as a factor of the configured one:
 * - `constant`: 1 throughout.
 * - `warm-up`: rises linearly from 0 over the first `steps` steps, then 1.
 * - `one-cycle`: rises linearly from 1/25 to 1 over the first 30 % of all steps, then falls linearly to 1/250,000
 *   (Smith & Topin 2018; the shape and constants of PyTorch's OneCycleLR with linear annealing).
 */
export type Schedule = { kind: 'constant' } | { kind: 'warm-up'; steps: number } | { kind: 'one-cycle' };

/**
 * Returns the factor of the learning rate at a step.
 *
 * @param step 0-based number of the step.
 * @param totalSteps how many steps the whole training has; used by `one-cycle`.
 * @example
 * scheduleFactor({ kind: 'warm-up', steps: 100 }, 49, 1000); // 0.5
 */
export const scheduleFactor = (schedule: Schedule, step: number, totalSteps: number): number => {
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'warm-up':
      return Math.min(1, (step + 1) / schedule.steps);
    case 'one-cycle': {
      const [start, end] = [1 / 25, 1 / 25 / 1e4];
      const top = 0.3 * totalSteps - 1;
      const last = totalSteps - 1;
      if (step <= top) return top <= 0 ? 1 : start + ((1 - start) * step) / top;
      return last <= top ? end : 1 + ((end - 1) * Math.min(step - top, last - top)) / (last - top);
    }
    default:
      throw new TrainingError(
        'bad-option',
        `schedule: kind must be constant, warm-up or one-cycle, got ${JSON.stringify(schedule)}`,
      );
  }
};
