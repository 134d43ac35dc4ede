// The models of runs, each in a thread of its own while it is asked, and what their items are called.
export { type ModelThread, OpenModels } from './open-models.js';
