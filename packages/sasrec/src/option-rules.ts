import { booleanRule, integerRule, numberRule, type OptionRule, oneOfRule, schemaOfRules } from '@recsys/errors';
import { activationNames, wiringNames } from '@recsys/layers';
import { catalogProblem, isCatalog } from '@recsys/model';
import type { SASRecConfig } from './options.js';

/** Whether a value is item features, or the layout of those that saved weights have. */
export const isFeatures = (value: unknown): boolean => {
  const { columns, dense, ids, numEntries } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const widths = Array.isArray(dense) ? dense.map((column) => (column as { width?: unknown } | null)?.width) : [0];
  const isCount = (count: unknown): boolean => Number.isSafeInteger(count) && (count as number) >= 0;
  return (
    Array.isArray(columns) &&
    widths.every((width) => isCount(width) && width !== 0) &&
    columns.length + widths.length > 0 &&
    (Array.isArray(ids) || isCount(numEntries))
  );
};

/** What is said of any other value. */
export const featuresProblem = 'must be item features, as readItemFeatures returns them';

/** Returns the rule of an option that may be absent. */
const optional =
  (rule: OptionRule): OptionRule =>
  (value) =>
    value === undefined ? undefined : rule(value);

/** Checks the options of a SASRec and fills in the paper's defaults, as `sasrecSchema` does, without zod. */
export const optionRules = schemaOfRules<SASRecConfig>({
  catalog: [(value) => (isCatalog(value) ? undefined : catalogProblem)],
  wiring: [oneOfRule(wiringNames), 'paper'],
  maxLength: [integerRule({ atLeast: 1 }), 50],
  hiddenUnits: [integerRule({ atLeast: 1 }), 50],
  numBlocks: [integerRule({ atLeast: 0, atMost: 1000 }), 2],
  numHeads: [integerRule({ atLeast: 1 }), 1],
  feedForwardUnits: [optional(integerRule({ atLeast: 1 }))],
  activation: [optional(oneOfRule(activationNames))],
  dropoutRate: [numberRule({ atLeast: 0, below: 1 }), 0.5],
  positions: [(value) => (typeof value === 'boolean' || value === 'sinusoidal' ? undefined : 'Invalid input'), true],
  sharedItemEmbedding: [booleanRule, true],
  residuals: [booleanRule, true],
  similarity: [oneOfRule(['dot', 'cosine']), 'dot'],
  temperature: [numberRule({ above: 0 }), 0.05],
  initializer: [oneOfRule(['glorotUniform', 'glorotNormal', 'normal']), 'glorotUniform'],
  normEpsilon: [numberRule({ above: 0 }), 1e-8],
  seed: [integerRule(), 0],
  features: [(value) => (value === undefined || isFeatures(value) ? undefined : featuresProblem)],
});
