import { figure, figures, legend, scoreChart } from '../charts/index.js';
import { formatCount, formatPercent, type Html, html } from '../html/index.js';
import type { ScoreSample } from '../input/index.js';
import { scoreBins } from '../summaries/index.js';
import { bdi, type Context, type ShownRun, section } from './context.js';

type ScoredRun = ShownRun & { readonly scores: ScoreSample };

/** Returns whether scores, read as probabilities, come true. */
export const scoresSection = (context: Context): Html | undefined => {
  const runs = context.runs.filter((run): run is ScoredRun => (run.scores?.probabilities.length ?? 0) > 0);
  return section(context, {
    name: 'scores',
    title: 'Calibration of scores',
    body: runs.length === 0 ? undefined : scoresBody(runs),
  });
};

const scoresBody = (runs: readonly ScoredRun[]): Html => {
  const [{ scores }] = runs;
  const models = runs.map((run) => ({ ...run, bins: scoreBins(run.scores) }));
  return html`<p>Scores become probabilities by softmax over all items that may be recommended. For ${formatCount(scores.numLists)} histories, the first ${scores.k} items were put into groups of about equal probability, and counted if they came next.</p>
${figures(
  figure(scoreChart(models, { label: 'Probability that scores mean, against the share of items that were chosen' }), {
    title: 'Expected and observed',
    reading:
      'Dots on the dashed line are calibrated. Below it, the model promises more than comes true. Small shares have more room; lines are 95 % intervals.',
    legend: legend(runs),
  }),
)}<ul>${runs.map((run) => html`<li>${sentenceOf(run, runs.length > 1)}</li>`)}</ul>
<p>Ranks do not change with calibration: this matters only where scores are used as probabilities. Losses on sampled negatives are not made to be calibrated over the whole catalog.</p>
`;
};

const sentenceOf = (run: ScoredRun, isNamed: boolean): Html => {
  const { probabilities, hits, numLists } = run.scores;
  const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);
  const [expected, observed] = [sum(probabilities) / numLists, sum(hits) / numLists];
  const ratio = expected / observed;
  const verdict =
    ratio > 1.1
      ? 'it promises too much'
      : ratio < 1 / 1.1
        ? 'it promises too little'
        : 'it promises about what comes true';
  return html`${isNamed && html`${bdi(run.name)}: `}By its scores, the next item is in the list in ${formatPercent(expected)} of cases; it was in ${formatPercent(observed)}: ${verdict}.`;
};
