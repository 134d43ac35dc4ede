// Training: `fit`, its options, and the records that callbacks and results are made of.

export { fit } from './fit.js';
export {
  adamSchema,
  type FitOptions,
  type FitSettings,
  fitSettingsSchema,
  type ValidationOptions,
  validationSchema,
  type WeightAverageOptions,
  weightAverageSchema,
} from './fit-options.js';
export type {
  BestEpoch,
  EndRecord,
  EpochRecord,
  FitResult,
  LoggedStep,
  LogLine,
  ResumeRecord,
  StartRecord,
  StepRecord,
  TestRecord,
  TrainingCallbacks,
} from './records.js';
