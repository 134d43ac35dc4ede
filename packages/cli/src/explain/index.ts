// `recsys explain`: what a model attended to, as pictures, and which items of a history speak for each recommendation.
export { addExplainCommand } from './explain-command.js';
