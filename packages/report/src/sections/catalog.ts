import { barChart, figure, figures, legend } from '../charts/index.js';
import { formatCount, formatMetric, formatPercent, type Html, html, table } from '../html/index.js';
import type { CatalogUse } from '../input/index.js';
import { bdi, type Context, type ShownRun, section } from './context.js';

type ListedRun = ShownRun & { readonly catalog: CatalogUse };

/** Shares of the catalog, most popular first, that the picture puts together. */
const classes = [
  { upTo: 0.01, name: 'most popular 1 %' },
  { upTo: 0.1, name: 'next 9 %' },
  { upTo: 0.5, name: 'next 40 %' },
  { upTo: 1, name: 'last 50 %' },
] as const;

/** Returns how lists use the catalog: coverage, concentration and novelty. */
export const catalogSection = (context: Context): Html | undefined => {
  const runs = context.runs.filter((run): run is ListedRun => run.catalog !== undefined);
  return section(context, {
    name: 'catalog',
    title: 'Coverage and novelty',
    body: runs.length === 0 ? undefined : catalogBody(context, runs),
  });
};

const catalogBody = (
  context: Context,
  runs: readonly ListedRun[],
): Html => html`<p>For ${formatCount(runs[0].catalog.numLists)} histories, the model recommends ${runs[0].catalog.k} items each. Coverage is the share of the catalog in at least one list. The Gini index is 0 when all items are recommended equally often, and near 1 when a few are always recommended. Novelty is the mean of −log2 of an item’s share of the training interactions, in bits: one bit more is half as popular.</p>
${table<ListedRun>(
  runs,
  [
    { title: 'Model', cell: ({ title }) => bdi(title) },
    { title: 'Coverage', isNumber: true, cell: ({ catalog }) => formatPercent(catalog.coverage) },
    { title: 'Gini index', isNumber: true, cell: ({ catalog }) => formatMetric(catalog.gini) },
    { title: 'Novelty, bits', isNumber: true, cell: ({ catalog }) => catalog.novelty.toFixed(2) },
  ],
  { label: 'Coverage and novelty' },
)}${sharesFigure(context, runs)}`;

/** Returns where in the catalog lists come from, beside training and what users chose. */
const sharesFigure = ({ options }: Context, runs: readonly ListedRun[]): Html | undefined => {
  const { data } = options;
  const counted = runs.filter(({ catalog }) => catalog.counts !== undefined);
  if (data === undefined || counted.length === 0) return undefined;
  const classOf = classesOf(data.counts);
  const targets = runs.find(({ test }) => test !== undefined)?.test?.targets;
  const series = [
    { name: 'training interactions', color: 'var(--soft)', shares: sharesBy(classOf, Array.from(data.counts)) },
    ...(targets === undefined
      ? []
      : [
          {
            name: 'what users chose in the test',
            color: 'var(--text)',
            shares: sharesBy(classOf, countsIn(targets, classOf.length)),
          },
        ]),
    ...counted.map(({ title, color, catalog }) => ({
      name: counted.length === 1 ? 'recommended' : `recommended by ${title}`,
      color,
      shares: sharesBy(classOf, Array.from(catalog.counts!)),
    })),
  ];
  const groups = classes.map(({ name }, i) => ({ name, shares: series.map(({ shares }) => shares[i]) }));
  return figures(
    figure(
      barChart(groups, series, {
        label: 'Shares of training, of chosen and of recommended items by popularity',
        x: 'share (%)',
      }),
      {
        title: 'From where in the catalog',
        reading:
          'Items from the most to the least popular. Lists that lean to the top more than what users chose recommend the popular too often.',
        legend: legend(series),
      },
    ),
  );
};

/** Returns the class of each item, by its place in the order of popularity; index 0 is the pad. */
const classesOf = (counts: ArrayLike<number>): Int8Array => {
  const items = Array.from({ length: counts.length - 1 }, (_, i) => i + 1).sort(
    (a, b) => counts[b] - counts[a] || a - b,
  );
  const classOf = new Int8Array(counts.length);
  items.forEach((item, place) => {
    classOf[item] = classes.findIndex(({ upTo }) => place < Math.max(1, Math.ceil(upTo * items.length)));
  });
  return classOf;
};

const countsIn = (items: ArrayLike<number>, length: number): number[] => {
  const counts = new Array<number>(length).fill(0);
  for (const item of Array.from(items)) counts[item] += 1;
  return counts;
};

const sharesBy = (classOf: Int8Array, counts: readonly number[]): number[] => {
  const sums = new Array<number>(classes.length).fill(0);
  for (let item = 1; item < classOf.length; item++) sums[classOf[item]] += counts[item] ?? 0;
  const total = sums.reduce((a, b) => a + b, 0);
  return sums.map((sum) => (total > 0 ? sum / total : 0));
};
