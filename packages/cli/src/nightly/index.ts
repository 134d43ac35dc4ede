// `recsys nightly`: trains on from the current model, and publishes what is not worse.
export { addNightlyCommand } from './nightly-command.js';
