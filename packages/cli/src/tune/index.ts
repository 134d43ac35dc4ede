// `recsys tune`: the settings to start from and to try, and what it reports and draws.
export { addTuneCommand } from './tune-command.js';
