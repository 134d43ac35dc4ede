// What runs in a scoring thread: loads a model, checks it, and makes lists. `messages.ts` is all that the other side knows of it.
export { catalogOf } from './held-model.js';
export type {
  FromThread,
  HeldModel,
  ItemsSource,
  KnownAnswer,
  ListReasons,
  ListRequest,
  ModelInfo,
  Outcome,
  ScoreRequest,
  ThreadData,
} from './messages.js';
