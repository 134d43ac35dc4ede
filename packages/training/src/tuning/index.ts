// Tuning: which settings to try, which trials go on, and the state on disk. Needs Node.
export { type Dimension, type SearchSpace, type Settings, spaceAround } from './search-space.js';
export { halvingRungs, type Rung } from './successive-halving.js';
export { type Trial, type TrialPlan, type TunedTrial, type TuneOptions, type TuneResult, tune } from './tune.js';
export type { TrialRecord } from './tuning-directory.js';
