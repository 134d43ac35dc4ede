export { HSTUError, type HSTUErrorCode } from './errors.js';
export { HSTU } from './hstu.js';
export type { HSTUConfig, HSTUOptions } from './options.js';
export { type Preset, type PresetName, preset, presetNames } from './presets.js';
export { hstuSchema } from './schema.js';
