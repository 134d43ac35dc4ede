// A local page over runs: curves as they train, comparisons, and what their models recommend and why.
export { StudioError, type StudioErrorCode } from './errors.js';
export type { ModelThread } from './models/index.js';
export { type Studio, type StudioOptions, startStudio } from './server/index.js';
