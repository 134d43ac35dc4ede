// The model that answers, the one before it, and how one takes the place of another.
export { type LoadedModel, ModelHost } from './model-host.js';
export { watchModel } from './watch-model.js';
