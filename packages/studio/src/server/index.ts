// The page and its answers over HTTP, for this machine and this page alone.
export { type Studio, type StudioOptions, startStudio } from './start-studio.js';
