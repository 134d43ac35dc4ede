// `recsys data`: download datasets, describe files, and convert them.
export { addDataCommand } from './data-command.js';
