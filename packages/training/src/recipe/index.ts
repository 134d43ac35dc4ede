// How to train where nothing is said: options of `fit` from the counts of the data.
export {
  type ModelSize,
  type RecommendedFit,
  type RecommendedSettings,
  recommendedFit,
  recommendedSettings,
} from './recommended-fit.js';
