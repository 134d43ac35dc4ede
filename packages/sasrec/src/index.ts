export { type SASRecConfig, SASRecError, type SASRecOptions } from './config.js';
export { type Preset, type PresetName, preset, presetNames } from './presets.js';
export { SASRec } from './sasrec.js';
