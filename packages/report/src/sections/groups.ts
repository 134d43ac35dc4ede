import type { MetricName } from '@recsys/metrics';
import { figure, figures, intervalChart, legend } from '../charts/index.js';
import { type Column, formatCount, formatInterval, formatMetric, type Html, html, table } from '../html/index.js';
import type { GroupResult } from '../input/index.js';
import { type Context, type ShownRun, section, shownMetric } from './context.js';

/** What the groups of `metricsByGroup` are; others have their own names. */
const groupNames: Readonly<Record<string, (limit: string) => string>> = {
  'short-history': (limit) => `history up to ${limit}`,
  'long-history': (limit) => `history above ${limit}`,
  'head-target': (limit) => `${limit} popular items`,
  'tail-target': () => 'other items',
};

const nameOfGroup = ({ group, limit }: GroupResult): string =>
  Object.hasOwn(groupNames, group) ? groupNames[group](formatCount(limit)) : group;

/** Returns for whom and for which items the models are good. */
export const groupsSection = (context: Context): Html | undefined => {
  const runs = context.runs.filter(({ groups }) => (groups ?? []).length > 0);
  const { metric } = context;
  const body = runs.length === 0 || metric === undefined ? undefined : groupsBody(runs, metric);
  return section(context, { name: 'groups', title: 'For whom, and for which items', body });
};

const groupsBody = (runs: readonly ShownRun[], metric: MetricName): Html => {
  const [{ groups: rows = [] }] = runs;
  const shown = shownMetric(metric);
  const ofRow = (run: ShownRun, row: GroupResult) => run.groups!.find(({ group }) => group === row.group);
  const chart = intervalChart(
    rows.map(nameOfGroup),
    runs.map((run) => ({
      ...run,
      values: Object.fromEntries(
        rows.flatMap((row) => {
          const own = ofRow(run, row)?.metrics[metric];
          return own === undefined ? [] : [[nameOfGroup(row), own]];
        }),
      ),
    })),
    { label: `${shown} by length of history and popularity of the target`, x: shown },
  );
  const picture = figure(chart, {
    title: `${shown} by group`,
    reading: 'A model that is good for popular items alone has learned little more than popularity.',
    legend: legend(runs),
  });
  const numbers = table<GroupResult>(
    rows,
    [
      { title: 'Group', cell: nameOfGroup },
      { title: 'Tests', isNumber: true, cell: ({ numTargets }) => formatCount(numTargets) },
      ...runs.map(
        (run): Column<GroupResult> => ({
          title: runs.length === 1 ? shown : `${shown}, ${run.name}`,
          isNumber: true,
          cell: (row) => {
            const own = ofRow(run, row)?.metrics[metric];
            return own && html`${formatMetric(own.value)} <small>${formatInterval(own)}</small>`;
          },
        }),
      ),
    ],
    { label: 'Metrics by group' },
  );
  return html`<p>The same tests, by how long the history is and by how popular the item is that came next. Long and short histories are divided at the median. The popular items are the fewest that hold 80 % of the training interactions.</p>
${runs.length === 1 ? figures(picture, numbers) : [figures(picture), numbers]}`;
};
