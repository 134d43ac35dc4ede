import { type Curve, figure, figures, legend, lineChart } from '../charts/index.js';
import { durationText, formatMetric, type Html, type HtmlValue, html } from '../html/index.js';
import type { ReportEpoch } from '../input/index.js';
import { bdi, type Context, type ShownRun, section, shownMetric } from './context.js';

/** Returns the learning curves: validation over epochs and over time, and the loss. */
export const trainingSection = (context: Context): Html | undefined => {
  const runs = context.runs.filter(({ epochs }) => (epochs ?? []).length > 0);
  const body = runs.length === 0 ? undefined : curves(runs);
  return section(context, { name: 'training', title: 'Training', body });
};

const curves = (runs: readonly ShownRun[]): HtmlValue => {
  const metric = validationMetric(runs);
  const names = legend(runs, { isOfLines: true });
  const lastSeconds = Math.max(0, ...runs.map(({ epochs }) => epochs!.at(-1)!.seconds ?? 0));
  const [unit, perUnit] = timeUnit(lastSeconds);
  const validated = metric === undefined ? undefined : shownMetric(metric);
  const valueIn = (own: ReportEpoch) => (metric === undefined ? undefined : own.validation?.[metric]);
  const hasValues = validated !== undefined;
  const byEpoch = hasValues
    ? figure(
        lineChart(
          runs.map((run) => curveOf(run, ({ epoch }) => epoch, valueIn, `validation ${validated}`)),
          {
            label: `Validation ${validated} after each epoch`,
            x: 'epoch',
            y: `validation ${validated}`,
            isCount: true,
          },
        ),
        {
          title: 'Validation over epochs',
          reading:
            'Higher is better. A ring marks the best epoch, whose weights were kept; a curve that still rises at its end asks for more epochs.',
          legend: names,
        },
      )
    : undefined;
  const hasTimes = lastSeconds > 0;
  const byTime =
    hasValues && hasTimes
      ? figure(
          lineChart(
            runs.map((run) =>
              curveOf(run, ({ seconds }) => seconds && seconds / perUnit, valueIn, `validation ${validated}`),
            ),
            { label: `Validation ${validated} over time`, x: `${unit} of training`, y: `validation ${validated}` },
          ),
          {
            title: 'Validation over time',
            reading: `The same by wall-clock time, with the time of validation. Further left is faster.`,
            legend: names,
          },
        )
      : undefined;
  const losses = figure(
    lineChart(
      runs.map((run) =>
        curveOf(
          run,
          ({ epoch }) => epoch,
          ({ loss }) => loss,
          'loss',
        ),
      ),
      { label: 'Training loss of each epoch', x: 'epoch', y: 'training loss', isCount: true, fromZero: false },
    ),
    {
      title: 'Training loss',
      reading: `The mean loss of each epoch. It should fall${runs.length > 1 ? '; losses of different kinds cannot be compared with each other' : ''}.`,
      legend: names,
    },
  );
  const missing = [
    ...(hasValues ? [] : ['No epoch was validated, so there is no curve of a metric.']),
    ...(hasTimes ? [] : ['The log has no times, so there is no curve over time.']),
  ];
  const sentences = runs.map(sentenceOf);
  const states =
    runs.length === 1
      ? html`<p>${sentences}</p>`
      : html`<ul>${runs.map((run, i) => html`<li>${bdi(run.name)}: ${sentences[i]}</li>`)}</ul>`;
  return html`${states}${missing.length > 0 && html`<p class="absent">${missing.join(' ')}</p>`}
${figures(byEpoch, byTime, losses)}`;
};

/** Returns the metric that chose the best epoch, or else the first one that was validated. */
const validationMetric = (runs: readonly ShownRun[]): string | undefined => {
  const chosen = runs.find(({ best }) => best !== undefined)?.best?.metric;
  if (chosen !== undefined) return chosen;
  const validated = runs
    .flatMap(({ epochs }) => epochs!)
    .find(({ validation }) => validation !== undefined)?.validation;
  const names = Object.keys(validated ?? {});
  return names.find((name) => name.startsWith('ndcg@')) ?? names[0];
};

const timeUnit = (seconds: number): [unit: string, perUnit: number] => {
  if (seconds < 180) return ['seconds', 1];
  return seconds < 10_800 ? ['minutes', 60] : ['hours', 3600];
};

/** Returns the curve of a run through the epochs that have both numbers. */
const curveOf = (
  { epochs = [], best, name, color, dash }: ShownRun,
  xOf: (epoch: ReportEpoch) => number | undefined,
  yOf: (epoch: ReportEpoch) => number | undefined,
  what: string,
): Curve => {
  const shown = epochs.filter(
    (own) => Number.isFinite(xOf(own) ?? Number.NaN) && Number.isFinite(yOf(own) ?? Number.NaN),
  );
  const marked = what === 'loss' ? -1 : shown.findIndex(({ epoch }) => epoch === best?.epoch);
  return {
    name,
    color,
    dash,
    points: shown.map((own) => ({
      x: xOf(own)!,
      y: yOf(own)!,
      title: `${name}, epoch ${own.epoch}: ${what} ${formatMetric(yOf(own)!)}${own.seconds === undefined ? '' : ` after ${durationText(own.seconds)}`}`,
    })),
    ...(marked >= 0 && { marked }),
  };
};

const sentenceOf = ({ epochs = [], best }: ShownRun): string => {
  const last = epochs.at(-1)!;
  const trained = `${last.epoch === 1 ? '1 epoch' : `${last.epoch} epochs`}${last.seconds === undefined ? '' : ` in ${durationText(last.seconds)}`}`;
  if (best === undefined) return `${trained}.`;
  return `${trained}; the best was epoch ${best.epoch}, with ${shownMetric(best.metric)} ${formatMetric(best.value)}.`;
};
