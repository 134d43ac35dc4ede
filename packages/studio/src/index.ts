// A local page over runs: curves as they train, comparisons, and what their models recommend and why.
export { StudioError, type StudioErrorCode } from './errors.js';
export { type ModelThread, type Studio, type StudioOptions, startStudio } from './server/index.js';
