// recsys serve: a trained run as a service.
export { addServeCommand } from './serve-command.js';
