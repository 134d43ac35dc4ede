import type { MetricName } from '@recsys/metrics';
import {
  durationText,
  formatCount,
  formatEstimate,
  formatMetric,
  formatPercent,
  formatPhraseP,
  type Html,
  html,
  listOf,
} from '../html/index.js';
import type { RankedResult, ReportEpoch } from '../input/index.js';
import { type Comparison, compareResults } from '../summaries/index.js';
import { bdi, type Context, type ShownRun, shownMetric } from './context.js';

/** A run that was tested. */
type TestedRun = ShownRun & { readonly test: RankedResult };

/** Returns the top of the page: in plain words, whether it worked. */
export const summary = (context: Context): Html => {
  const { runs, metric, options } = context;
  const tested = runs.filter((run): run is TestedRun => run.test !== undefined);
  const body = tested.length === 0 || metric === undefined ? withoutTest(context) : ofTested(context, tested, metric);
  const notes = (options.notes ?? []).map((note) => html`<li>${note}</li>`);
  return html`<section class="summary" aria-label="Summary">
${body}${notes.length > 0 && html`<ul class="notes">${notes}</ul>\n`}</section>
`;
};

/** Returns how the candidates of a test were chosen, in words. */
export const protocolText = ({ protocol, numNegatives }: Pick<RankedResult, 'protocol' | 'numNegatives'>): string => {
  if (protocol === 'full') return 'ranked among all items';
  const negatives = `${formatCount(numNegatives ?? 0)} other items`;
  return protocol === 'sampled-per-item'
    ? `ranked against ${negatives}, fixed for each item`
    : `ranked against ${negatives}, drawn at random`;
};

const ofTested = (context: Context, tested: readonly TestedRun[], metric: MetricName): Html => {
  const best = tested.reduce((a, b) => (valueIn(b, metric) > valueIn(a, metric) ? b : a));
  const baselines = Object.entries(context.options.baselines ?? {});
  const compared = baselines.map(([name, result]) => ({
    name,
    value: result.metrics[metric]?.value ?? Number.NaN,
    ...compareResults([best.name, best.test], [name, result], metric),
  }));
  const others = tested.filter((run) => run !== best);
  const hr = metric.replace(/^\w+@/, 'hr@') as MetricName;
  const k = metric.slice(metric.indexOf('@') + 1);
  const hits = best.test.metrics[hr];
  return html`<p class="lead">${leadOf(best, compared)}</p>
<p>${others.length > 0 && html`The best of ${tested.length} tested runs is ${bdi(best.name)}. `}${
    compared.length > 0
      ? html`In ${shownMetric(metric)}, ${bdi(best.title)} has ${formatEstimate(best.test.metrics[metric])}: ${comparedText(compared)}.`
      : html`${shownMetric(metric)} is ${formatEstimate(best.test.metrics[metric])}. No baseline was given to compare it with.`
  }${
    hits !== undefined &&
    html` In ${formatPercent(hits.value)} of ${formatCount(best.test.numTargets)} tests, the item that came next is among the first ${k}, ${protocolText(best.test)}.`
  }</p>
${others.length > 0 && html`<p>${best.title} is ${listOf(others.map((other) => againstText(best, other, metric)))}.</p>\n`}${keyFigures(best, metric)}`;
};

const valueIn = ({ test }: TestedRun, metric: MetricName): number => test.metrics[metric]?.value ?? 0;

type Compared = Comparison & { readonly name: string; readonly value: number };

const leadOf = ({ title: own, model = own }: TestedRun, compared: readonly Compared[]): Html => {
  const title = model === own ? own : `${model} (${own})`;
  if (compared.length === 0) return html`${bdi(title)} was tested.`;
  const names = listOf(compared.map(({ name }) => name));
  if (compared.every(({ verdict }) => verdict === 'above'))
    return html`<strong>It worked.</strong> ${bdi(title)} predicts the next item better than ${names}.`;
  const below = compared.filter(({ verdict }) => verdict === 'below');
  if (below.length > 0)
    return html`<strong>Not good enough yet.</strong> ${bdi(title)} predicts the next item worse than ${listOf(below.map(({ name }) => name))}, which only ${below.length === 1 ? 'counts' : 'count'}. Train longer, or with other settings.`;
  const equal = compared.filter(({ verdict }) => verdict === 'equal');
  return html`<strong>No clear gain.</strong> ${bdi(title)} predicts the next item about as well as ${listOf(equal.map(({ name }) => name))}, which only ${equal.length === 1 ? 'counts' : 'count'}.`;
};

const verdicts = { above: 'above', equal: 'about equal to', below: 'below' } as const;

/** Returns all comparisons in words: `above popularity (0.0452, p < 0.001) and below the Markov chain (0.1043, p < 0.001)`. */
const comparedText = (compared: readonly Compared[]): string =>
  listOf(
    compared.map(
      ({ name, value, pValue, verdict }) =>
        `${verdicts[verdict]} ${name} (${formatMetric(value)}, ${formatPhraseP(pValue)})`,
    ),
  );

const againstText = (best: TestedRun, other: TestedRun, metric: MetricName): string => {
  const { verdict, pValue, difference } = compareResults([best.name, best.test], [other.name, other.test], metric);
  const by = verdict === 'equal' ? '' : ` by ${formatMetric(Math.abs(difference.value))}`;
  return `${verdicts[verdict]} ${other.name}${by} (${formatPhraseP(pValue)})`;
};

const withoutTest = ({ runs }: Context): Html => {
  const states = runs.map((run) => {
    const epochs = run.epochs ?? [];
    const last = epochs.at(-1);
    if (last === undefined) return html`<p>${bdi(run.title)} has not finished an epoch.</p>\n`;
    const best = run.best;
    return html`<p>${bdi(run.title)} has finished ${last.epoch === 1 ? '1 epoch' : `${formatCount(last.epoch)} epochs`}${trainedFor(last)}.${
      best !== undefined &&
      ` Its best validation is ${shownMetric(best.metric)} ${formatMetric(best.value)}, at epoch ${best.epoch}.`
    }</p>\n`;
  });
  return html`<p class="lead"><strong>Not tested yet.</strong> There is no result of a test, so this page shows how far training is.</p>
${states}`;
};

const trainedFor = ({ seconds }: ReportEpoch): string => (seconds === undefined ? '' : ` in ${durationText(seconds)}`);

const keyFigures = ({ test, epochs = [], best }: TestedRun, metric: MetricName): Html => {
  const k = metric.slice(metric.indexOf('@'));
  const names = [...new Set([metric, `hr${k}`])].filter((name) => name in test.metrics) as MetricName[];
  const seconds = epochs.at(-1)?.seconds;
  const figures: [string, string][] = [
    ...names.map((name): [string, string] => [shownMetric(name), formatMetric(test.metrics[name].value)]),
    ['tests', formatCount(test.numTargets)],
    ...(best === undefined ? [] : [['best epoch', `${best.epoch} of ${epochs.length}`] as [string, string]]),
    ...(seconds === undefined ? [] : [['training', durationText(seconds)] as [string, string]]),
  ];
  return html`<dl class="key">${figures.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
`;
};
