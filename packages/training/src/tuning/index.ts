// Tuning: which settings to try, which trials go on, and the state on disk, which many processes share. Needs Node.
export type { AskRequest, Choice, Chooser } from './chooser.js';
export { type OptunaOptions, optuna } from './optuna.js';
export { type Dimension, type SearchSpace, type Settings, spaceAround } from './search-space.js';
export { halvingRungs, type Rung } from './successive-halving.js';
export type { TrialRecord } from './trial-record.js';
export { tune } from './tune.js';
export type { Trial, TrialPlan, TunedTrial, TuneOptions, TuneResult } from './tune-options.js';
