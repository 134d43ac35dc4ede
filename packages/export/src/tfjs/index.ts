// Graphs that `loadGraphModel` of tfjs runs, without a line of this library.
export { type TfjsOptions, toTfjs } from './to-tfjs.js';
