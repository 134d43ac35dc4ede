/** Rows of tables that take the steps of Adam without a gradient later, all at once, when they are read. */
export { DeferredRows } from './deferred-rows.js';
export { canDefer, type Step } from './missed-steps.js';
