// For a scoring thread with a model of your own.
export { type LoadModel, serveThread } from './thread/serve-thread.js';
