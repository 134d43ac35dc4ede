import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseOptions } from '@recsys/errors';
import { z } from 'zod';
import { TrainingError } from '../errors.js';
import type { EndRecord, LogLine, StartRecord, TrainingCallbacks } from '../fit/index.js';
import { BackgroundTasks } from './background-tasks.js';
import { inRequests, mlflowKey, mlflowNumber, mlflowParams } from './mlflow-params.js';
import { keepRun, keptRun } from './mlflow-runs-file.js';
import { MlflowRefusal, type MlflowRunInfo, MlflowServer } from './mlflow-server.js';
import { type Scalar, ScalarsOfLog } from './scalars.js';

/** Who asks an MLflow server: a user with a password, or the bearer of a token. */
export type MlflowAuth = { readonly username: string; readonly password: string } | { readonly token: string };

/** Options of `mlflow`. */
export interface MlflowOptions {
  /** The server, such as `http://localhost:5000`; a path before its API belongs to it. */
  url: string;
  /** The experiment that the run belongs to; made if there is none of that name. Default `Default`, the one that every server has. */
  experiment?: string | undefined;
  /** Name of the run. Default the name of the run directory; without one, the server chooses it. */
  name?: string | undefined;
  /** Default none. */
  auth?: MlflowAuth | undefined;
  /** Seconds that a request may take, > 0. Default 10. */
  timeoutSeconds?: number | undefined;
  /** Seconds before a lost server is asked again, > 0; then twice as many each time, up to a minute. Default 1. */
  retrySeconds?: number | undefined;
  /** Most values that wait while the server does not answer, >= 1; then the oldest are left out. Default 100,000. */
  maxWaiting?: number | undefined;
  /** Told, once for each, when the server is lost, and of what it refuses. Training goes on. Default nobody. */
  onProblem?: ((problem: string) => void) | undefined;
  /** Returns the time of a value, in milliseconds since 1970. Default the clock. */
  now?: (() => number) | undefined;
}

const text = z.string().min(1);
const isFunction = (value: unknown) => typeof value === 'function';

const schema = z.strictObject({
  url: z.string().refine(isPlainUrl, 'must be a URL http:// or https:// without a user, a query and a fragment'),
  experiment: text.default('Default'),
  name: text.optional(),
  auth: z.union([z.strictObject({ username: text, password: z.string() }), z.strictObject({ token: text })]).optional(),
  timeoutSeconds: z.number().gt(0).default(10),
  retrySeconds: z.number().gt(0).default(1),
  maxWaiting: z.int().min(1).default(100_000),
  onProblem: z.custom<(problem: string) => void>(isFunction).default(() => () => undefined),
  now: z.custom<() => number>(isFunction).default(() => () => Date.now()),
});

/** Files of a run directory that are uploaded, where they are there and the server keeps them. */
const artifacts = ['config.json', 'metrics.jsonl', 'report.html'];

/** What MLflow takes in a request. */
const [mostMetrics, mostParams] = [1000, 100];

/** Milliseconds in which metrics gather, so that they go in few requests. */
const gathering = 1000;

const statuses: Readonly<Record<EndRecord['stopped'], 'FINISHED' | 'KILLED' | 'FAILED'>> = {
  epochs: 'FINISHED',
  patience: 'FINISHED',
  steps: 'KILLED',
  seconds: 'KILLED',
  aborted: 'KILLED',
  error: 'FAILED',
};

/**
 * Returns callbacks of `fit` that keep a run on an MLflow server: its settings as params, what it logs as metrics, and its configuration, its log and
 * its report as artifacts, where the server takes them. Requests are made while training goes on, and a server that does not answer stops nothing.
 *
 * The id of the MLflow run is kept in the run directory, in `mlflow.json`: a resumed run goes on in it, and what the server does not have yet is sent
 * from the log.
 *
 * @throws {TrainingError} `bad-option`.
 * @example
 * const tracker = mlflow({ url: 'http://localhost:5000', experiment: 'movies', onProblem: console.warn });
 * await fit(model, split, { epochs: 40, runDirectory: 'runs/movies', callbacks: [tracker] });
 */
export const mlflow = (options: MlflowOptions): TrainingCallbacks => {
  const run = new MlflowRun(parseOptions('mlflow', schema, options, { ErrorClass: TrainingError }));
  return {
    onStart: (record) => run.start(record),
    onLog: (line) => run.log(line),
    onEnd: (record) => run.end(record),
  };
};

type Metric = Scalar & { readonly time: number };

class MlflowRun {
  readonly #settings: z.output<typeof schema>;
  readonly #server: MlflowServer;
  readonly #place: { readonly url: string; readonly experiment: string };
  readonly #tasks: BackgroundTasks;
  readonly #scalars = new ScalarsOfLog();
  readonly #told = new Set<string>();
  #runDirectory: string | undefined;
  #run: MlflowRunInfo | undefined;
  #id = '';
  #artifactRoot: string | undefined;
  /** The newest step of each metric that the server had when the run was opened. */
  readonly #known = new Map<string, number>();
  #metrics: Metric[] = [];
  #hasEnded = false;
  /** Whether the server takes no run, so that there is nothing to log to. */
  #isRefused = false;

  constructor(settings: z.output<typeof schema>) {
    this.#settings = settings;
    const { auth, experiment, retrySeconds, timeoutSeconds } = settings;
    const url = settings.url.replace(/\/+$/, '');
    this.#place = { url, experiment };
    this.#server = new MlflowServer({ url, headers: headersOf(auth), timeout: 1000 * timeoutSeconds });
    this.#tasks = new BackgroundTasks({
      retryDelay: 1000 * retrySeconds,
      onLost: (error) => this.#tellLost(error),
      onRefused: (refusal) => this.#tellRefused(refusal),
    });
  }

  start({ runDirectory, config, resumed, log }: StartRecord): void {
    this.#runDirectory = runDirectory;
    const kept = resumed && runDirectory !== undefined ? keptRun(runDirectory, this.#place) : undefined;
    this.#tasks.add(() => this.#open(kept, config));
    for (const line of log) this.log(line);
  }

  log(line: LogLine): void | Promise<void> {
    if (this.#isRefused) return;
    const time = Math.round(this.#settings.now());
    const isSending = this.#metrics.length > 0;
    this.#metrics.push(...this.#scalars.of(line).map((scalar) => ({ ...scalar, time })));
    const tooMany = this.#metrics.length - this.#settings.maxWaiting;
    if (tooMany > 0) this.#metrics.splice(0, tooMany);
    if (!isSending) this.#tasks.add(() => this.#send());
    if (!this.#hasEnded) return;
    this.#tasks.add(...this.#uploads());
    return this.#finish();
  }

  async end({ stopped }: EndRecord): Promise<void> {
    if (this.#isRefused) return;
    this.#hasEnded = true;
    const end_time = Math.round(this.#settings.now());
    this.#tasks.add(
      ...this.#uploads(),
      () => this.#server.post('runs/set-tag', { run_id: this.#id, key: 'recsys.stopped', value: stopped }),
      () => this.#server.post('runs/update', { run_id: this.#id, status: statuses[stopped], end_time }),
    );
    return this.#finish();
  }

  async #finish(): Promise<void> {
    if (await this.#tasks.flush()) return;
    const again = this.#runDirectory === undefined ? '' : '; the rest is sent when the run is resumed';
    this.#tell(`MLflow at ${this.#place.url} does not answer: not all was sent${again}`);
  }

  /** Opens the run that was kept, or begins one, and says what is trained. */
  async #open(kept: string | undefined, config: StartRecord['config']): Promise<void> {
    const found = kept === undefined ? undefined : await this.#server.findRun(kept);
    this.#run ??= found ?? (await this.#create()); // a second attempt must not begin another run
    const { run_id: id, artifact_uri } = this.#run.info;
    for (const { key, step = 0 } of found?.data?.metrics ?? []) this.#known.set(key, Number(step));
    if (found !== undefined) await this.#server.post('runs/update', { run_id: id, status: 'RUNNING' });
    this.#artifactRoot = artifactPath(artifact_uri);
    const has = new Set(found?.data?.params?.map(({ key }) => key));
    const params = mlflowParams(config).filter(({ key }) => !has.has(key));
    this.#id = id;
    for (const group of inRequests(params, mostParams))
      await this.#server.post('runs/log-batch', { run_id: id, metrics: [], params: group, tags: [] });
  }

  async #create(): Promise<MlflowRunInfo> {
    const { now } = this.#settings;
    const name = this.#settings.name ?? (this.#runDirectory && basename(resolve(this.#runDirectory)));
    const run = await this.#server.createRun({
      experiment_id: await this.#server.experiment(this.#place.experiment),
      start_time: Math.round(now()),
      ...(name !== undefined && { run_name: name }),
      tags: [{ key: 'mlflow.source.name', value: 'recsys' }],
    });
    try {
      if (this.#runDirectory !== undefined) keepRun(this.#runDirectory, this.#place, run.info.run_id);
    } catch (error) {
      this.#tell(`the MLflow run cannot be kept, so a resumed run begins another: ${(error as Error).message}`);
    }
    return run;
  }

  /** Sends the metrics that wait, without those that the server had before. */
  async #send(): Promise<void> {
    await this.#tasks.pause(gathering);
    while (this.#metrics.length > 0) {
      const batch = new Set(this.#metrics.slice(0, mostMetrics));
      const metrics = [...batch]
        .map(({ name, value, step, time }) => ({
          key: mlflowKey(name),
          value: mlflowNumber(value),
          step,
          timestamp: time,
        }))
        .filter(({ key, step }) => step > (this.#known.get(key) ?? -1));
      try {
        if (metrics.length > 0)
          await this.#server.post('runs/log-batch', { run_id: this.#id, metrics, params: [], tags: [] });
      } catch (error) {
        if (!(error instanceof MlflowRefusal)) throw error;
        this.#tellRefused(error);
      }
      this.#metrics = this.#metrics.filter((metric) => !batch.has(metric));
    }
  }

  #uploads(): (() => Promise<void>)[] {
    const directory = this.#runDirectory;
    if (directory === undefined) return [];
    return artifacts.map((name) => async () => {
      const root = this.#artifactRoot;
      if (root === undefined) {
        this.#tell(
          `MLflow at ${this.#place.url} does not keep artifacts itself, so ${artifacts.join(', ')} are not uploaded`,
        );
        return;
      }
      const content = await readFile(join(directory, name)).catch(() => undefined);
      if (content !== undefined) await this.#server.putArtifact(`${root}/${name}`, new Uint8Array(content));
    });
  }

  #tellLost(error: Error): void {
    const { message = '', code = '' } = (error.cause ?? {}) as { message?: string; code?: string };
    const reason = message || code || error.message;
    const problem = `MLflow at ${this.#place.url} does not answer (${reason}); training goes on, and values are sent when it does`;
    this.#tell(problem, 'lost');
  }

  #tellRefused({ message }: MlflowRefusal): void {
    this.#tell(`MLflow at ${this.#place.url} refused a request: ${message}`);
    if (this.#id !== '') return;
    this.#isRefused = true;
    this.#tasks.clear();
  }

  /** Tells of a problem, once. */
  #tell(problem: string, key = problem): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#settings.onProblem(problem);
  }
}

const headersOf = (auth: MlflowAuth | undefined): Record<string, string> => {
  if (auth === undefined) return {};
  if ('token' in auth) return { authorization: `Bearer ${auth.token}` };
  return { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` };
};

/** Returns where the server keeps the artifacts of a run: `0/run/artifacts` of `mlflow-artifacts:/0/run/artifacts`; undefined if elsewhere. */
const artifactPath = (uri: string | undefined): string | undefined =>
  /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.+?)\/*$/.exec(uri ?? '')?.[1];

function isPlainUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password, search, hash } = new URL(url);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
}
