// `--track`: where a training is logged beside its run directory.
export { trackOptions } from './track-options.js';
export { type TrackersFor, trackersOf, tracksOf, trackTest } from './trackers.js';
