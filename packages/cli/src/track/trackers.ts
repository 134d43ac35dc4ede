import { basename, join, resolve } from 'node:path';
import type { TestRecord, TrainingCallbacks } from '@recsys/training';
import { type MlflowAuth, mlflow, tensorBoard } from '@recsys/training/node';
import { UsageError } from '../errors.js';
import type { Reporter } from '../reporter.js';

/** What `--track` means: event files in the run directory, or an experiment on an MLflow server. */
type Track =
  | { readonly kind: 'tensorboard' }
  | { readonly kind: 'mlflow'; readonly url: string; readonly experiment: string };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns what `--track` asks for as a run keeps it: `mlflow` alone is the server of the environment.
 * @throws {UsageError} on a text that names no tracker.
 */
export const tracksOf = (given: readonly string[] | false | undefined, env: Environment = process.env): string[] =>
  given ? [...new Set(given.map((text) => textOf(parseTrack(text, env))))] : [];

const parseTrack = (text: string, env: Environment): Track => {
  if (text === 'tensorboard') return { kind: 'tensorboard' };
  const { MLFLOW_TRACKING_URI: uri, MLFLOW_EXPERIMENT_NAME: experiment = 'Default' } = env;
  if (text === 'mlflow') {
    if (!isServer(uri ?? ''))
      throw new UsageError('usage', '--track mlflow needs MLFLOW_TRACKING_URI to be a URL http:// or https://');
    return { kind: 'mlflow', url: uri!, experiment };
  }
  const [, url, name] = /^mlflow\+([^#]*)(?:#(.+))?$/.exec(text) ?? [];
  if (url === undefined || !isServer(url))
    throw new UsageError(
      'usage',
      `--track must be tensorboard, mlflow, or a URL such as mlflow+http://localhost:5000#movies, got ${JSON.stringify(withoutPassword(text))}`,
    );
  return { kind: 'mlflow', url, experiment: name === undefined ? experiment : decoded(name) };
};

/** Whether a text is the URL of a server. @throws {UsageError} when it has credentials, which a run would keep. */
const isServer = (url: string): boolean => {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password, search } = new URL(url);
  if (username !== '' || password !== '')
    throw new UsageError(
      'usage',
      `--track ${withoutPassword(url)}: credentials belong in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or in MLFLOW_TRACKING_TOKEN`,
    );
  return /^https?:$/.test(protocol) && search === '';
};

const withoutPassword = (text: string): string => text.replace(/\/\/[^/@#]*@/, '//…@');

/** Returns a name in a URL as it was meant; one that is not encoded stands for itself. */
const decoded = (name: string): string => {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
};

const textOf = (track: Track): string =>
  track.kind === 'mlflow' ? `mlflow+${track.url}#${encodeURIComponent(track.experiment)}` : track.kind;

/** Returns callbacks of `fit` that track a run. @param name of the run on a server. Default that of its directory. */
export type TrackersFor = (runDirectory: string, name?: string) => TrainingCallbacks[];

/** Returns what makes the trackers of runs, and says where they log. */
export const trackersOf = (
  tracks: readonly string[],
  runDirectory: string,
  reporter: Reporter,
  env: Environment = process.env,
): TrackersFor => {
  const parsed = tracks.map((text) => parseTrack(text, env));
  const texts = parsed.map((track) =>
    track.kind === 'mlflow'
      ? `MLflow at ${track.url}, experiment ${track.experiment}`
      : `TensorBoard: tensorboard --logdir ${runDirectory}`,
  );
  if (texts.length > 0) reporter.report('tracking', texts.join(' · '), { track: tracks });
  return (directory, name = basename(resolve(directory))) =>
    parsed.map((track) => {
      if (track.kind === 'tensorboard') return tensorBoard(join(directory, 'tensorboard'));
      const { url, experiment } = track;
      return mlflow({ url, experiment, name, auth: authOf(env), onProblem: (problem) => reporter.remark(problem) });
    });
};

/** Returns the credentials in the environment, as MLflow's own programs take them. */
const authOf = (env: Environment): MlflowAuth | undefined => {
  const {
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_TRACKING_USERNAME: username,
    MLFLOW_TRACKING_PASSWORD: password = '',
  } = env;
  if (token) return { token };
  return username ? { username, password } : undefined;
};

/** Tells trackers of a test, which `fit` does not make. */
export const trackTest = async (trackers: readonly TrainingCallbacks[], record: TestRecord): Promise<void> => {
  for (const tracker of trackers) await tracker.onLog?.({ event: 'test', ...record });
};
