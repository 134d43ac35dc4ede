// `recsys export`.
export { addExportCommand } from './export-command.js';
