import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A value of a metric, as it was sent. */
interface SentMetric {
  readonly key: string;
  readonly value: number | string;
  readonly step: number;
  readonly timestamp: number;
}

/** An MLflow run, as the server has it. */
export interface FakeRun {
  readonly id: string;
  readonly experiment: string;
  readonly name: string | undefined;
  status: string;
  endTime: number | undefined;
  isDeleted: boolean;
  readonly params: Map<string, string>;
  readonly tags: Map<string, string>;
  readonly metrics: SentMetric[];
  readonly artifacts: Map<string, string>;
}

interface FakeMlflowOptions {
  /** What the header `authorization` must be. */
  readonly authorization?: string;
  /** Whether artifacts go through the server. Default true. */
  readonly keepsArtifacts?: boolean;
  readonly port?: number;
}

interface Entry {
  readonly key: string;
  readonly value: string;
}

/** What bodies of requests may have; each route takes a part of it. */
interface RequestBody {
  readonly name: string;
  readonly experiment_id: string;
  readonly run_name?: string;
  readonly run_id: string;
  readonly start_time: number;
  readonly end_time?: number;
  readonly status: string;
  readonly key: string;
  readonly value: string;
  readonly metrics?: readonly SentMetric[];
  readonly params?: readonly Entry[];
  readonly tags?: readonly Entry[];
}

/** Refuses a request as MLflow does. */
class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

const assert = (isRight: boolean, message: string): void => {
  if (!isRight) throw new Refusal('INVALID_PARAMETER_VALUE', message);
};

/**
 * Starts a stand-in for an MLflow server, written from the documentation of its REST API: it keeps what it is sent, and refuses what is beyond the
 * documented limits, out of order, or of another shape.
 */
export const startFakeMlflow = async ({ authorization, keepsArtifacts = true, port = 0 }: FakeMlflowOptions = {}) => {
  const experiments = new Map([['Default', '0']]);
  const runs = new Map<string, FakeRun>();
  const calls: string[] = [];
  /** The next so many requests are answered with 503. */
  let failures = 0;

  const runOf = (id: unknown): FakeRun => {
    const run = runs.get(String(id));
    if (run === undefined) throw new Refusal('RESOURCE_DOES_NOT_EXIST', `Run '${id}' not found`, 404);
    return run;
  };

  const describe = ({ id, experiment, name, status, isDeleted, params, metrics }: FakeRun) => {
    const newest = new Map<string, SentMetric>();
    for (const metric of metrics)
      if (metric.step >= (newest.get(metric.key)?.step ?? 0)) newest.set(metric.key, metric);
    const stage = isDeleted ? 'deleted' : 'active';
    const root = keepsArtifacts ? 'mlflow-artifacts:' : 's3://bucket';
    const uri = `${root}/${experiment}/${id}/artifacts`;
    return {
      info: {
        run_id: id,
        experiment_id: experiment,
        run_name: name,
        status,
        artifact_uri: uri,
        lifecycle_stage: stage,
      },
      data: { metrics: [...newest.values()], params: [...params].map(([key, value]) => ({ key, value })) },
    };
  };

  const keyIsRight = (key: unknown) =>
    assert(typeof key === 'string' && /^[\w./ :-]{1,250}$/.test(key), `Invalid name '${key}'`);

  const routes: Record<string, (body: RequestBody, query: URLSearchParams) => object> = {
    'GET experiments/get-by-name': (_, query) => {
      const id = experiments.get(query.get('experiment_name') ?? '');
      if (id === undefined) throw new Refusal('RESOURCE_DOES_NOT_EXIST', 'Could not find experiment', 404);
      return { experiment: { experiment_id: id } };
    },
    'POST experiments/create': ({ name }) => {
      if (experiments.has(name)) throw new Refusal('RESOURCE_ALREADY_EXISTS', `Experiment '${name}' already exists`);
      experiments.set(name, String(experiments.size));
      return { experiment_id: experiments.get(name) };
    },
    'POST runs/create': ({ experiment_id, run_name, start_time, tags = [] }) => {
      assert([...experiments.values()].includes(experiment_id), `No experiment ${experiment_id}`);
      assert(Number.isInteger(start_time), 'start_time must be an integer');
      const run: FakeRun = {
        ...{ id: `run${runs.size + 1}`, experiment: experiment_id, name: run_name, status: 'RUNNING' },
        ...{ endTime: undefined, isDeleted: false, params: new Map(), metrics: [], artifacts: new Map() },
        tags: new Map(tags.map(({ key, value }) => [key, value])),
      };
      runs.set(run.id, run);
      return { run: describe(run) };
    },
    'GET runs/get': (_, query) => ({ run: describe(runOf(query.get('run_id'))) }),
    'POST runs/log-batch': ({ run_id, metrics = [], params = [], tags = [] }) => {
      const run = runOf(run_id);
      assert(!run.isDeleted, `The run ${run_id} must be in the 'active' state`);
      assert(
        metrics.length <= 1000 && params.length <= 100 && tags.length <= 100,
        'A batch logging request is too large',
      );
      assert(metrics.length + params.length + tags.length <= 1000, 'A batch logging request is too large');
      for (const { key, value, step, timestamp } of metrics) {
        keyIsRight(key);
        assert(typeof value === 'number' || /^(NaN|-?Infinity)$/.test(value), `Got invalid value ${value}`);
        assert(Number.isInteger(step) && Number.isInteger(timestamp), 'step and timestamp must be integers');
      }
      for (const { key, value } of params) {
        keyIsRight(key);
        assert(typeof value === 'string' && value.length <= 6000, `Param value '${key}' is too long`);
        assert((run.params.get(key) ?? value) === value, `Changing param values is not allowed: '${key}'`);
      }
      for (const { key, value } of params) run.params.set(key, value);
      run.metrics.push(...metrics);
      return {};
    },
    'POST runs/set-tag': ({ run_id, key, value }) => {
      keyIsRight(key);
      runOf(run_id).tags.set(key, value);
      return {};
    },
    'POST runs/update': ({ run_id, status, end_time }) => {
      assert(['RUNNING', 'FINISHED', 'FAILED', 'KILLED'].includes(status), `Invalid status ${status}`);
      Object.assign(runOf(run_id), { status, endTime: end_time });
      return {};
    },
  };

  const answer = async (request: IncomingMessage): Promise<object> => {
    const body = await buffer(request);
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    const [, api, path] = /^\/api\/2\.0\/(mlflow|mlflow-artifacts\/artifacts)\/(.+)$/.exec(pathname) ?? [];
    const call = `${request.method} ${path}`;
    calls.push(call);
    if (failures > 0) {
      failures -= 1;
      throw new Refusal('TEMPORARILY_UNAVAILABLE', 'restarting', 503);
    }
    if (authorization !== undefined && request.headers.authorization !== authorization)
      throw new Refusal('UNAUTHENTICATED', 'Please log in', 401);
    if (api === 'mlflow-artifacts/artifacts') {
      const [, experiment, id, name] = /^(\d+)\/(\w+)\/artifacts\/([\w.]+)$/.exec(path!) ?? [];
      assert(request.method === 'PUT' && runOf(id).experiment === experiment && keepsArtifacts, 'Invalid path');
      runOf(id).artifacts.set(name!, body.toString());
      return {};
    }
    const route = routes[call];
    if (route === undefined) throw new Refusal('ENDPOINT_NOT_FOUND', call, 404);
    assert(body.length <= 2 ** 20, 'A batch logging request can be at most 1MB');
    assert(request.method === 'GET' || request.headers['content-type'] === 'application/json', 'Bad Request');
    return route(body.length === 0 ? {} : JSON.parse(body.toString()), searchParams);
  };

  const server = createServer((request, response) => {
    answer(request).then(
      (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
      ({ code = 'INTERNAL_ERROR', message, status = 500 }) => {
        response.statusCode = status;
        response.end(JSON.stringify({ error_code: code, message }));
      },
    );
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}`,
    port: own,
    /** Names of experiments and their ids. */
    experiments,
    runs,
    /** The requests, in the order in which they came. */
    calls,
    /** Answers the next requests with 503. */
    failNext: (count: number): void => {
      failures = count;
    },
    close: async (): Promise<void> => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
