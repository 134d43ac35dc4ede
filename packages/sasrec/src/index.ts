export type { SASRecConfig, SASRecOptions } from './config.js';
export { SASRecError, type SASRecErrorCode } from './errors.js';
export { type Preset, type PresetName, preset, presetNames } from './presets.js';
export { SASRec } from './sasrec.js';
export { sasrecSchema } from './schema.js';
