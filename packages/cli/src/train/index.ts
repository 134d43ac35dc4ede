// `recsys train`: its flags, the plan of a new or a resumed run, and what it reports.
export { addTrainCommand } from './train-command.js';
