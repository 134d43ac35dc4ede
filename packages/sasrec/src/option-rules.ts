import { booleanRule, integerRule, numberRule, oneOfRule, schemaOfRules } from '@recsys/errors';
import { wiringNames } from '@recsys/layers';
import { catalogProblem, isCatalog } from '@recsys/model';
import type { SASRecConfig } from './options.js';

/** Checks the options of a SASRec and fills in the paper's defaults, as `sasrecSchema` does, without zod. */
export const optionRules = schemaOfRules<SASRecConfig>({
  catalog: [(value) => (isCatalog(value) ? undefined : catalogProblem)],
  wiring: [oneOfRule(wiringNames), 'paper'],
  maxLength: [integerRule({ atLeast: 1 }), 50],
  hiddenUnits: [integerRule({ atLeast: 1 }), 50],
  numBlocks: [integerRule({ atLeast: 0, atMost: 1000 }), 2],
  numHeads: [integerRule({ atLeast: 1 }), 1],
  dropoutRate: [numberRule({ atLeast: 0, below: 1 }), 0.5],
  positions: [booleanRule, true],
  sharedItemEmbedding: [booleanRule, true],
  residuals: [booleanRule, true],
  similarity: [oneOfRule(['dot', 'cosine']), 'dot'],
  temperature: [numberRule({ above: 0 }), 0.05],
  initializer: [oneOfRule(['glorotUniform', 'glorotNormal', 'normal']), 'glorotUniform'],
  normEpsilon: [numberRule({ above: 0 }), 1e-8],
  seed: [integerRule(), 0],
});
