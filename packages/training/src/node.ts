// For Node alone: run directories.
export {
  type Checkpoint,
  fingerprintOf,
  type LatestCheckpoint,
  type RefusedCheckpoint,
  type RunConfig,
  RunDirectory,
} from './runs/index.js';
// Trackers write what a run logs.
export { type MlflowAuth, type MlflowOptions, mlflow, type TensorBoardOptions, tensorBoard } from './trackers/index.js';
// Tuning keeps its trials in run directories.
export {
  type AskRequest,
  type Choice,
  type Chooser,
  type Dimension,
  halvingRungs,
  type OptunaOptions,
  optuna,
  type Rung,
  type SearchSpace,
  type Settings,
  spaceAround,
  type Trial,
  type TrialPlan,
  type TrialRecord,
  type TunedTrial,
  type TuneOptions,
  type TuneResult,
  tune,
} from './tuning/index.js';
