// `recsys studio`: the local page over runs.
export { addStudioCommand } from './studio-command.js';
