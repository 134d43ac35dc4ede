import { Rng } from '@recsys/data';
import { assertKnownOptions } from '@recsys/errors';
import { comparePaired, type MetricName } from '@recsys/metrics';
import { TrainingError } from '../errors.js';
import type { EvaluationResult } from './evaluate.js';
import { gainsOf, type MetricEstimate } from './metric-estimates.js';

export interface CompareToBaselinesOptions {
  /** The metric that is compared, such as `ndcg@10`: one that all results have. Default: the first NDCG of the result. */
  metric?: MetricName | undefined;
  /** Seed of the confidence interval. Default 0. */
  seed?: number | undefined;
}

/** How a model compares with the best of some baselines. */
export interface BaselineComparison {
  /** Name of the baseline with the highest value of the metric. */
  readonly baseline: string;
  readonly metric: MetricName;
  /** `above` or `below` if the confidence interval of the difference excludes 0, else `equal`: within the noise. */
  readonly verdict: 'above' | 'equal' | 'below';
  /** Mean of model minus baseline over targets, with its paired 95 % bootstrap interval. */
  readonly difference: MetricEstimate;
  /** Of the paired randomization test. */
  readonly pValue: number;
  /** The verdict as a person reads it: `above the Markov chain by 0.031 NDCG@10`. */
  readonly text: string;
}

/**
 * Returns whether a model is better than the best of some baselines, target by target. A model that is not has to be trained longer or with
 * other settings before it is of use: baselines cost nothing.
 *
 * @param result of `evaluate` for the model.
 * @param baselines results of `evaluate` for the same targets by the same protocol, by name, as the text has it.
 * @throws {TrainingError} `bad-option` when there is no baseline, a result is of other targets or another protocol, or it lacks the metric.
 * @example
 * const markov = await evaluate(markovChainBaseline(split.train), split.test, { protocol: 'full' });
 * compareToBaselines(await evaluate(model, split.test, { protocol: 'full' }), { 'the Markov chain': markov }).text;
 * // 'above the Markov chain by 0.031 NDCG@10'
 */
export const compareToBaselines = (
  result: EvaluationResult,
  baselines: Readonly<Record<string, EvaluationResult>>,
  options: CompareToBaselinesOptions = {},
): BaselineComparison => {
  assertKnownOptions('compareToBaselines', options, ['metric', 'seed'], { ErrorClass: TrainingError });
  const metric = options.metric ?? firstNdcg(result);
  const named = Object.entries(baselines);
  if (named.length === 0) throw new TrainingError('bad-option', 'compareToBaselines: needs at least one baseline');
  for (const [name, baseline] of named) assertComparable(name, result, baseline);
  const valueIn = ([name, { metrics }]: [string, Pick<EvaluationResult, 'metrics'>]): number => {
    if (!Object.hasOwn(metrics, metric))
      throw new TrainingError(
        'bad-option',
        `compareToBaselines: the result of ${name} has no ${metric}; it has ${Object.keys(metrics).join(', ')}`,
      );
    return metrics[metric].value;
  };
  valueIn(['the model', result]);
  const [baseline, best] = named.reduce((a, b) => (valueIn(b) > valueIn(a) ? b : a));
  const [ofModel, ofBaseline] = [result, best].map(({ ranks }) => gainsOf(metric, ranks));
  const rng = new Rng(options.seed ?? 0);
  const { difference, pValue } = comparePaired(ofModel, ofBaseline, { uniform: () => rng.float() });
  const verdict = difference.low > 0 ? 'above' : difference.high < 0 ? 'below' : 'equal';
  const amount = `${formatAmount(Math.abs(difference.value))} ${metric.toUpperCase()}`;
  const text =
    verdict === 'equal'
      ? `about equal to ${baseline} in ${metric.toUpperCase()}`
      : `${verdict} ${baseline} by ${amount}`;
  return { baseline, metric, verdict, difference, pValue, text };
};

const formatAmount = (value: number): string => value.toFixed(value < 0.001 ? 5 : 3);

const firstNdcg = ({ metrics }: EvaluationResult): MetricName =>
  (Object.keys(metrics) as MetricName[]).find((name) => name.startsWith('ndcg@'))!;

/** @throws {TrainingError} when two results are not of the same targets, ranked by the same protocol. */
const assertComparable = (name: string, a: EvaluationResult, b: EvaluationResult): void => {
  const sameTargets = a.targets.length === b.targets.length && a.targets.every((target, i) => target === b.targets[i]);
  if (sameTargets && a.protocol === b.protocol && a.numNegatives === b.numNegatives) return;
  throw new TrainingError(
    'bad-option',
    `compareToBaselines: ${name} must be evaluated on the same targets and by the same protocol as the model`,
  );
};
