export { SASRecError, type SASRecErrorCode } from './errors.js';
export type { ExplainedItem, ExplainOptions, Explanation, Reason } from './explain.js';
export type { FeatureSizes, SASRecConfig, SASRecOptions } from './options.js';
export { type Preset, type PresetName, preset, presetNames } from './presets.js';
export { type RecommendedModel, recommendedModel } from './recommended.js';
export { SASRec } from './sasrec.js';
export { sasrecSchema } from './schema.js';
