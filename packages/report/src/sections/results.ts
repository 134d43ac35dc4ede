import type { MetricName } from '@recsys/metrics';
import { figure, figures, intervalChart } from '../charts/index.js';
import {
  type Column,
  formatCount,
  formatDifference,
  formatInterval,
  formatMetric,
  formatPValue,
  type Html,
  html,
  table,
} from '../html/index.js';
import type { RankedResult } from '../input/index.js';
import { compareResults } from '../summaries/index.js';
import { bdi, type Context, section, shownMetric } from './context.js';
import { protocolText } from './summary.js';

/** A line of the table of results. */
interface Scored {
  readonly name: string;
  readonly result: RankedResult;
  readonly color: string;
  readonly isRun: boolean;
}

/** Returns the metrics of the test, beside those of the baselines, and how the runs differ. */
export const resultsSection = (context: Context): Html | undefined => {
  const scored = scoredOf(context);
  const { metric } = context;
  if (metric === undefined || !scored.some(({ isRun }) => isRun))
    return section(context, { name: 'results', title: 'Results of the test', body: undefined });
  const shown = metricsOf(scored);
  const [first] = scored.filter(({ isRun }) => isRun);
  const charted = [metric, metric.replace(/^\w+@/, 'hr@') as MetricName].filter(
    (name, i, all) => shown.includes(name) && all.indexOf(name) === i,
  );
  const body = html`<p>Each of ${formatCount(first.result.numTargets)} held-out items was ${protocolText(first.result)}. The best epoch was chosen on the validation part; the test part was used for this alone. Higher is better.</p>
${figures(...charted.map((name) => chartOf(scored, name)))}${resultTable(scored, shown)}${comparisons(scored, charted)}`;
  return section(context, { name: 'results', title: 'Results of the test', body });
};

const scoredOf = ({ runs, options }: Context): Scored[] => [
  ...Object.entries(options.baselines ?? {}).map(([name, result]) => ({
    name,
    result,
    color: 'var(--dim)',
    isRun: false,
  })),
  ...runs.flatMap(({ title, test, color }) =>
    test === undefined ? [] : [{ name: title, result: test, color, isRun: true }],
  ),
];

/** Returns the metrics that all have, NDCG first; MRR is left to code. */
const metricsOf = (scored: readonly Scored[]): MetricName[] => {
  const names = Object.keys(scored[0].result.metrics) as MetricName[];
  const order = ['ndcg', 'hr'];
  const kindOf = (name: string) => order.indexOf(name.slice(0, name.indexOf('@')));
  return names
    .filter((name) => kindOf(name) >= 0 && scored.every(({ result }) => name in result.metrics))
    .sort((a, b) => kindOf(a) - kindOf(b));
};

const chartOf = (scored: readonly Scored[], metric: MetricName): Html => {
  const names = scored.map(({ name }) => name);
  const series = scored.map(({ name, result, color }) => ({
    name,
    color,
    values: { [name]: result.metrics[metric] },
  }));
  const shown = shownMetric(metric);
  const chart = intervalChart(names, series, {
    label: `${shown} of ${names.join(', ')} with 95 % intervals`,
    x: shown,
  });
  return figure(chart, {
    title: `${shown} beside the baselines`,
    reading: 'Dots are means over all tests, lines their 95 % intervals. Further right is better.',
  });
};

const resultTable = (scored: readonly Scored[], shown: readonly MetricName[]): Html =>
  table(
    scored,
    [
      { title: 'Model', cell: ({ name, isRun }) => (isRun ? html`<strong>${bdi(name)}</strong>` : name) },
      ...shown.map(
        (metric): Column<Scored> => ({
          title: shownMetric(metric),
          isNumber: true,
          cell: ({ result }) =>
            html`${formatMetric(result.metrics[metric].value)} <small>${formatInterval(result.metrics[metric])}</small>`,
        }),
      ),
    ],
    { label: 'Metrics of the test' },
  );

/** Beyond so many runs, each is compared with the best one alone. */
const mostPaired = 4;

/** Returns how runs differ from baselines and from each other, target by target. */
const comparisons = (scored: readonly Scored[], metrics: readonly MetricName[]): Html | undefined => {
  const runs = scored.filter(({ isRun }) => isRun);
  const [deciding] = metrics;
  const best = runs.reduce((a, b) => (b.result.metrics[deciding].value > a.result.metrics[deciding].value ? b : a));
  const pairs = [
    ...runs.flatMap((run) => scored.filter(({ isRun }) => !isRun).map((baseline) => [run, baseline] as const)),
    ...(runs.length <= mostPaired
      ? runs.flatMap((run, i) => runs.slice(i + 1).map((other) => [run, other] as const))
      : runs.filter((run) => run !== best).map((other) => [best, other] as const)),
  ];
  if (pairs.length === 0) return undefined;
  const compared = pairs.map(([a, b]) => ({
    a,
    b,
    of: metrics.map((metric) => compareResults([a.name, a.result], [b.name, b.result], metric)),
  }));
  type Row = (typeof compared)[number];
  const words = { above: 'above', equal: 'about equal', below: 'below' } as const;
  return html`<h3 id="compared">Compared, test by test</h3>
<p>The difference of two models on the same tests, with its 95 % interval. The p-value says how often equally good models would differ at least as much by chance. p-values are not corrected for the number of comparisons.</p>
${table<Row>(
  compared,
  [
    { title: 'First and second', cell: ({ a, b }) => html`${bdi(a.name)} and ${bdi(b.name)}` },
    { title: 'First is', cell: ({ of }) => words[of[0].verdict] },
    ...metrics.flatMap((metric, i): Column<Row>[] => [
      {
        title: `${shownMetric(metric)} difference`,
        isNumber: true,
        cell: ({ of }) => formatDifference(of[i].difference),
      },
      { title: 'p', isNumber: true, cell: ({ of }) => formatPValue(of[i].pValue) },
    ]),
  ],
  { label: 'Differences of models', rowClass: ({ of }) => of[0].verdict },
)}`;
};
