// How weights move: Adam, gradient clipping and learning rate schedules.
export { Adam, type AdamOptions, type AdamState, clipByGlobalNorm, type DeferredTable } from './adam.js';
export { type Schedule, scheduleFactor, scheduleNames } from './schedules.js';
