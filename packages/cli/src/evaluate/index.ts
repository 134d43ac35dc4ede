// `recsys evaluate`: metrics of one run, or the difference of two.
export { addEvaluateCommand } from './evaluate-command.js';
