// The sections of a report, in the order of the page: each takes what was given and returns its part of the page, or nothing.
export { attentionSection } from './attention.js';
export { catalogSection } from './catalog.js';
export { type Context, contextOf } from './context.js';
export { dataSection } from './data.js';
export { examplesSection } from './examples.js';
export { groupsSection } from './groups.js';
export { mapSection } from './item-map.js';
export { nearestSection } from './nearest.js';
export { resultsSection } from './results.js';
export { scoresSection } from './scores.js';
export { settingsSection } from './settings.js';
export { summary } from './summary.js';
export { trainingSection } from './training.js';
