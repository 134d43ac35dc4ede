// The runs in a folder, as their files say: settings, log, and whether a process trains in them. Nothing is written.
export type { Run } from './run.js';
export { RunsFolder } from './runs-folder.js';
export { RunsWatch } from './runs-watch.js';
