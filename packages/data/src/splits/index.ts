// Splits of sequences into train, validation and test parts, as views, and a
// check for leakage between the parts.
// Imports sequences and table.
export { lastNSplit } from './last-n-split.js';
export { findLeakage, type Leakage } from './leakage.js';
export { evaluationHistories, evaluationTimes, leaveOneOut } from './leave-one-out.js';
export { type RatioSplitOptions, ratioSplit } from './ratio-split.js';
export type { EvaluationSet, Split } from './split.js';
export {
  type TemporalSplitOptions,
  type TemporalTarget,
  type TemporalValidation,
  temporalSplit,
  timeAtShare,
} from './temporal-split.js';
export { withValidation } from './with-validation.js';
