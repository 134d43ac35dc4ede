// What the commands share: how flags are declared and merged with a config file, the flags for data and backend, and how data and runs
// are opened.
export { dataOptions } from './data-options.js';
export {
  cacheOption,
  type DataSource,
  databaseOptions,
  nameOf,
  recordedSource,
  relativeTo,
  runDataOptions,
  sourceOf,
} from './data-source.js';
export { flagOf, flagsOf } from './flag-of.js';
export { itemOptions, pathOfItems, readItems, readItemsOfRun, recordedItems } from './item-options.js';
export { type LoadedSplit, loadSplit, readData } from './load-split.js';
export {
  declareOptionGroups,
  declareOptions,
  type GivenOptions,
  givenFlags,
  mergeConfig,
  type OptionSpecs,
  pickOptions,
} from './options.js';
export { loadDuckDB } from './prepared.js';
export { orderOf, reportOrder } from './report-order.js';
export { openRun, openRunWithData, type RunInfo } from './run-info.js';
export { dataOfModel, isSavedModel, sequencesOf } from './saved-model.js';
export { backendOptions, startBackend } from './shared-options.js';
export { splitOptions } from './split-options.js';
