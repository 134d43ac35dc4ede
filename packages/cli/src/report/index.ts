// `recsys report`: runs as one page, with what their models do on the test part.
export { addReportCommand } from './report-command.js';
