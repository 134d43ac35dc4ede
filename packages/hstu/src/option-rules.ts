import { booleanRule, integerRule, numberRule, type OptionRule, oneOfRule, schemaOfRules } from '@recsys/errors';
import { catalogProblem, isCatalog } from '@recsys/model';
import type { HSTUOptions } from './options.js';

/** An option whose default depends on others. */
const unless =
  (rule: OptionRule): OptionRule =>
  (value) =>
    value === undefined ? undefined : rule(value);

/** Checks the options of an HSTU and fills in its defaults, as `hstuSchema` does, without zod. */
export const optionRules = schemaOfRules<HSTUOptions>({
  catalog: [(value) => (isCatalog(value) ? undefined : catalogProblem)],
  maxLength: [integerRule({ atLeast: 1 }), 50],
  hiddenUnits: [integerRule({ atLeast: 1 }), 50],
  numBlocks: [integerRule({ atLeast: 0, atMost: 1000 }), 2],
  numHeads: [integerRule({ atLeast: 1 }), 1],
  attentionUnits: [unless(integerRule({ atLeast: 1 }))],
  linearUnits: [unless(integerRule({ atLeast: 1 }))],
  timeBias: [booleanRule, true],
  dropoutRate: [numberRule({ atLeast: 0, below: 1 }), 0.2],
  similarity: [oneOfRule(['cosine', 'dot']), 'cosine'],
  temperature: [numberRule({ above: 0 }), 0.05],
  normEpsilon: [numberRule({ above: 0 }), 1e-6],
  seed: [integerRule(), 0],
});
