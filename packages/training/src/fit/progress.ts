import type { TrainingProgress } from '../runs/checkpoint.js';

/** Where a training is before its first step. */
export const noProgress: TrainingProgress = {
  epoch: 1,
  batch: 0,
  step: 0,
  lossSum: 0,
  seconds: 0,
  best: null,
  validationsSinceBest: 0,
  finished: null,
  gradientBytes: 0,
  logBytes: 0,
};

/** Returns the name of the checkpoint at a step; padded, so that names sort as steps do. */
export const checkpointName = (step: number): string => `step-${String(step).padStart(10, '0')}`;
