import type { Id } from '@recsys/data/core';
import type { MetricName } from '@recsys/metrics';
import { colorOf, dashOf, type Series } from '../charts/index.js';
import { clean, type Html, type HtmlValue, html } from '../html/index.js';
import type { ReportOptions, ReportRun, SectionName } from '../input/index.js';
import { decidingMetric } from '../summaries/index.js';

/** A run with its look in charts. */
export interface ShownRun extends ReportRun, Series {
  /** What sentences call the model: its kind, or, where there are several runs, their names. */
  readonly title: string;
}

/** What every section is given. */
export interface Context {
  readonly options: ReportOptions;
  readonly runs: readonly ShownRun[];
  /** Returns the title of an item, as it may stand in a page. */
  readonly nameOf: (item: Id) => string;
  /** The metric that decides; undefined without a result. */
  readonly metric: MetricName | undefined;
}

/** Returns what sections are given, from the options of a report. */
export const contextOf = (options: ReportOptions): Context => {
  const { runs, baselines = {}, nameOf = String } = options;
  const result = runs.find(({ test }) => test !== undefined)?.test ?? Object.values(baselines)[0];
  return {
    options,
    nameOf: (item) => clean(nameOf(item)).trim() || String(item),
    metric: options.metric ?? (result && decidingMetric(result)),
    runs: runs.map((run, i) => ({
      ...run,
      title: runs.length === 1 ? (run.model ?? run.name) : run.name,
      color: colorOf(i),
      dash: dashOf(i),
    })),
  };
};

/** Returns a metric as readers know it: `NDCG@10`. */
export const shownMetric = (metric: string): string => metric.toUpperCase();

/** Returns a title of an item, whose direction of writing stays its own. */
export const bdi = (text: string): Html => html`<bdi>${text}</bdi>`;

interface SectionOptions {
  readonly name: SectionName;
  readonly title: string;
  readonly body: HtmlValue;
}

/** Returns a section with a heading that can be linked to, and with why it lacks some runs; undefined if it has neither. */
export const section = ({ runs }: Context, { name, title, body }: SectionOptions): Html | undefined => {
  const reasons = runs.filter(({ absent }) => absent?.[name] !== undefined);
  if (body === undefined && reasons.length === 0) return undefined;
  const shared = new Set(reasons.map(({ absent }) => absent![name]!));
  const lines =
    shared.size === 1 && reasons.length === runs.length
      ? [html`<p class="absent">Not shown: ${[...shared][0]}.</p>\n`]
      : reasons.map((run) => html`<p class="absent">Not shown for ${bdi(run.title)}: ${run.absent![name]!}.</p>\n`);
  return html`<section>
<h2 id="${name}"><a href="#${name}">${title}</a></h2>
${body}${lines}</section>
`;
};

/** Returns what is made of each run that has something, with the name of the run above if there are several runs. */
export const perRun = ({ runs }: Context, bodyOf: (run: ShownRun) => HtmlValue | undefined): HtmlValue | undefined => {
  const parts = runs.flatMap((run) => {
    const body = bodyOf(run);
    if (body === undefined) return [];
    return [runs.length === 1 ? body : html`<h3>${bdi(run.name)}</h3>\n${body}`];
  });
  return parts.length === 0 ? undefined : parts;
};
