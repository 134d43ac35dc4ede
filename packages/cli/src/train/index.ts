// `recsys train`: its flags, the plan of a new or a resumed run, and what it reports.

// For `recsys tune`, which trains many runs.
export { chosenModel, type Plan, planRun } from './plan.js';
export { addTrainCommand } from './train-command.js';
export {
  assertModelOptions,
  configOptions,
  fitOptions,
  modelOptions,
  presetOption,
  type TrainOptions,
} from './train-options.js';
export { reportData } from './training-report.js';
