import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { withValidation } from '@recsys/data';
import { modelNameOf } from '@recsys/model';
import { type FitOptions, type FitResult, fit } from '@recsys/training';
import { formatProtocol, indent, namedMetrics, type Reporter } from '../reporter.js';
import { type TrackersFor, trackTest } from '../track/index.js';
import type { Plan } from './plan.js';
import { evaluateAs, logTest, testRecord, trainingReport } from './training-report.js';

/** What ends a refit early, as it ends the run: budgets and the signal; and the processes that train. */
type Limits = Pick<FitOptions, 'maxSteps' | 'maxSeconds' | 'signal' | 'communicator' | 'parts'>;

/** Whether this process tests what was trained: one of several, or one alone. */
export const isFirst = ({ communicator }: Limits): boolean => (communicator?.rank ?? 0) === 0;

interface RefitOptions {
  readonly limits: Limits;
  /** Default: it is not tracked. */
  readonly trackersFor?: TrackersFor | undefined;
}

/**
 * Trains once more from the start, on the train and the validation part, for the number of epochs that validation has chosen, and tests the
 * result. It is a run of its own, in `refit` in the run directory, and goes on where it was stopped.
 */
export const refit = async (
  reporter: Reporter,
  { model: validated, create, features, loaded, info, fit: options, runDirectory }: Plan,
  epochs: number,
  { limits, trackersFor }: RefitOptions,
): Promise<FitResult> => {
  const { resume: _, ...rest } = options;
  const model = create({ ...validated.config, ...(features && { features }) });
  const directory = join(runDirectory, 'refit');
  const split = withValidation(loaded.split);
  const resume = existsSync(join(directory, 'config.json'));
  await limits.communicator?.allgather(new Uint8Array()); // all have looked before one of them starts the run
  const trackers = trackersFor?.(directory, `${basename(resolve(runDirectory))}-refit`) ?? [];
  const result = await fit(model, split, {
    ...rest,
    ...limits,
    epochs,
    validation: false,
    runDirectory: directory,
    resume,
    callbacks: [trainingReport(reporter, epochs), ...trackers],
  });
  if (result.stopped === 'epochs' && isFirst(limits)) {
    const tested = await evaluateAs(reporter, 'test', model, split.test, info);
    const record = testRecord(tested, epochs);
    await logTest(directory, record);
    await trackTest(trackers, record);
    const { text, lines } = namedMetrics(modelNameOf(model), tested);
    const where = `${formatProtocol(tested)}, trained on the validation part too, ${epochs} epochs`;
    reporter.report(
      'refit',
      text,
      { ...record, run: directory },
      { lines: [...lines, `${indent}${where}`], style: 'bold' },
    );
  }
  model.dispose();
  return result;
};
