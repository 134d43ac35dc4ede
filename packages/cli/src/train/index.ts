// `recsys train`: its flags, the plan of a new or a resumed run, and what it reports.

// For `recsys tune`, which trains many runs, and `recsys nightly`, which trains one each night.
export { interruptible, isFinished, stopOnClosedOutput } from './interruptible.js';
export { chosenKind, type Plan, planNew, planRun } from './plan.js';
export { refit } from './refit.js';
export { addTrainCommand } from './train-command.js';
export {
  assertModelOptions,
  builtInOption,
  configOptions,
  fitOptions,
  modelOptions,
  startOptions,
  type TrainOptions,
} from './train-options.js';
export { reportData, reportModel, reportTest, reportTraining, trainingReport } from './training-report.js';
