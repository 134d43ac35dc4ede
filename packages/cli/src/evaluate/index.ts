// `recsys evaluate`: metrics of one run, or the difference of two. Training and reports compare with the same baselines.
export { baselinesFor } from './baselines.js';
export { recommendedLists } from './catalog-metrics.js';
export { addEvaluateCommand } from './evaluate-command.js';
