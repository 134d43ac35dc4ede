import { clean, html } from '../html/index.js';
import { parseReportOptions, type ReportOptions, type SectionName, sectionNames } from '../input/index.js';
import {
  attentionSection,
  type Context,
  catalogSection,
  contextOf,
  dataSection,
  examplesSection,
  groupsSection,
  mapSection,
  nearestSection,
  resultsSection,
  scoresSection,
  settingsSection,
  summary,
  trainingSection,
} from '../sections/index.js';
import { styles } from './styles.js';

/** What the contents call each section, and what makes it. */
const sections: Readonly<
  Record<SectionName, { readonly title: string; readonly create: (context: Context) => ReturnType<typeof dataSection> }>
> = {
  results: { title: 'Results', create: resultsSection },
  training: { title: 'Training', create: trainingSection },
  groups: { title: 'Groups', create: groupsSection },
  scores: { title: 'Calibration', create: scoresSection },
  catalog: { title: 'Coverage', create: catalogSection },
  examples: { title: 'Examples', create: examplesSection },
  nearest: { title: 'Nearest items', create: nearestSection },
  attention: { title: 'Attention', create: attentionSection },
  map: { title: 'Item map', create: mapSection },
  data: { title: 'Data', create: dataSection },
  settings: { title: 'Settings', create: settingsSection },
};

/**
 * Returns a report as one HTML file, which loads nothing and runs no script: whether the models worked in plain words, learning curves, metrics
 * with intervals beside baselines, groups, calibration, coverage, example users, nearest items, attention, a map of items, the data and the
 * settings. Each part is shown if it is given; a line at the end names those that are not. The same options give the same bytes.
 *
 * @throws {ReportError} `bad-option`; `other-targets` when runs or baselines were evaluated on other targets than the rest.
 * @example
 * const { history, best } = await fit(model, split, { epochs: 20, seed: 1 });
 * const test = await evaluate(model, split.test, { protocol: 'full' });
 * const popularity = await evaluate(popularityBaseline(split.train), split.test, { protocol: 'full' });
 * const report = createReport({
 *   title: 'Movies',
 *   data: describeData(split),
 *   baselines: { popularity },
 *   runs: [{ name: 'SASRec', epochs: history, best, test, groups: metricsByGroup(test, split.train) }],
 * });
 * writeFileSync('report.html', report);
 */
export const createReport = (options: ReportOptions): string => {
  const context = contextOf(parseReportOptions(options));
  const { title } = options;
  const made = sectionNames.map((name) => ({
    name,
    title: sections[name].title,
    body: sections[name].create(context),
  }));
  const shown = made.filter(({ body }) => body !== undefined);
  const missing = made.filter(({ body }) => body === undefined).map((own) => own.title.toLowerCase());
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<meta name="description" content="${subtitleOf(context)}">
<style>${styles}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${subtitleOf(context)}</p>
<nav aria-label="Contents"><ul>${shown.map(({ name, title }) => html`<li><a href="#${name}">${title}</a></li>`)}</ul></nav>
</header>
<main>
${summary(context)}${shown.map(({ body }) => body)}</main>
<footer>
${missing.length > 0 && html`<p>Not given, so not in this report: ${missing.join(', ')}.</p>\n`}<p>Made by <code>@recsys/report</code>. This page runs no scripts and loads nothing.</p>
</footer>
</body>
</html>
`;
  return page.text;
};

/** Returns the models and the data in a line. */
const subtitleOf = ({ runs, options }: Context): string => {
  const { data } = options;
  const names = runs.map(({ name, model }) => (model === undefined || model === name ? name : `${model} (${name})`));
  const models = names.length > 4 ? `${names.length} runs` : names.join(', ');
  return clean(data?.source === undefined ? models : `${models} on ${data.source}`);
};
