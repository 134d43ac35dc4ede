import type { Rung, TrialRecord, TunedTrial, TuneResult } from '@recsys/training/node';
import { formatCount, formatSeconds, indent, type Reporter } from '../reporter.js';
import { type ParallelLine, parallelCoordinates } from './parallel-coordinates.js';

/** Returns the settings that are not the same in all trials, in the order in which they first appear. */
const variedSettings = (trials: readonly Pick<TunedTrial, 'settings'>[]): string[] => {
  const names = [...new Set(trials.flatMap(({ settings }) => Object.keys(settings)))];
  return names.filter((name) => new Set(trials.map(({ settings }) => settings[name])).size > 1);
};

/** Returns rounds in words, such as `9 for 1 epoch, 3 for 3 epochs`. */
export const roundsOf = (rungs: readonly Rung[]): string =>
  rungs.map(({ trials, epochs }) => `${trials} for ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`).join(', ');

/** Reports a trial at the end of a round. */
export const reportRecord = (
  reporter: Reporter,
  { trial, rung, epochs, seconds, value, stopped, problem, ...rest }: TrialRecord,
  { metric, rungs, settings }: { metric: string; rungs: number; settings: TunedTrial['settings'] },
): void => {
  const text = [
    `${trial}`.padStart(2),
    `round ${rung + 1}/${rungs}`,
    `${formatCount(epochs)} ${epochs === 1 ? 'epoch' : 'epochs'}`,
    problem === undefined ? `${metric.toUpperCase()} ${value?.toFixed(4) ?? 'none yet'}` : `failed: ${problem}`,
    ...(stopped === 'patience' ? ['no better epoch'] : stopped === 'seconds' ? ['out of time'] : []),
    formatSeconds(seconds),
  ].join('  ');
  const event = { trial, rung, epochs, seconds, value, stopped, ...(problem !== undefined && { problem }), ...rest };
  reporter.report('trial', text, { ...event, settings });
};

/** Reports all trials as a table, best first. */
export const reportTable = (reporter: Reporter, { trials, best, rungs }: TuneResult, metric: string): void => {
  const varied = variedSettings(trials);
  const head = ['trial', metric.toUpperCase(), 'epochs', 'round', ...varied];
  const rows = trials.map(({ trial, value, epochs, rung, settings }) => [
    String(trial),
    value?.toFixed(4) ?? '-',
    String(epochs),
    `${rung + 1}/${rungs.length}`,
    ...varied.map((name) => String(settings[name] ?? '-')),
  ]);
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  const lineOf = (cells: readonly string[]) => cells.map((text, i) => text.padStart(widths[i])).join('  ');
  reporter.report(
    'tuned',
    `${formatCount(trials.length)} trials; best is trial ${best!.trial} with ${metric.toUpperCase()} ${best!.value!.toFixed(4)} in validation`,
    { metric, best, trials },
    { lines: ['', ...[head, ...rows].map((row) => `${indent}${lineOf(row)}`), ''] },
  );
};

/** Returns the picture of all trials: an axis for each setting that varies, and one for the metric. */
export const trialsPicture = ({ trials, rungs }: TuneResult, metric: string): string => {
  const lines = trials.map(
    ({ trial, value, epochs, rung, settings }): ParallelLine => ({
      name: `trial ${trial}: ${metric.toUpperCase()} ${value?.toFixed(4) ?? 'none'} after ${epochs} epochs`,
      values: { ...settings, [metric.toUpperCase()]: value },
      weight: rungs.length === 1 ? 1 : rung / (rungs.length - 1),
    }),
  );
  return parallelCoordinates(lines, {
    axes: [...variedSettings(trials), metric.toUpperCase()],
    title: `${trials.length} trials, each a line from its settings to its best validation`,
    note: 'The best one is orange. Thin lines are of trials that were stopped after fewer epochs.',
  });
};
