import { readFileSync } from 'node:fs';
import type { HistoryStore, KnownAnswer, LoadedModel, ServerOptions } from '@recsys/serve';
import closeWithGrace from 'close-with-grace';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { modelFileOption, ownThread } from '../models/index.js';
import { declareOptions, type GivenOptions, type OptionSpecs, pickOptions } from '../options/index.js';
import { formatCount, Reporter } from '../reporter.js';

const serveOptions = {
  host: { flags: '--host <address>', help: 'address to listen on (default 127.0.0.1)', type: 'string' },
  port: { flags: '--port <n>', help: 'port to listen on (default 8080; 0: any that is free)', type: 'number' },
  items: {
    flags: '--items <file>',
    help: 'file of items with attributes, by which requests filter: CSV, TSV, JSON lines or Parquet',
    type: 'string',
  },
  histories: {
    flags: '--histories <url>',
    help: 'where histories of users are kept: redis://… or postgres://… (default: in memory)',
    type: 'string',
  },
  maxEvents: { flags: '--max-events <n>', help: 'most events of a user that are kept (default 200)', type: 'number' },
  token: {
    flags: '--token <text>',
    help: 'bearer token that requests need (default: RECSYS_TOKEN, or none)',
    type: 'string',
  },
  adminToken: {
    flags: '--admin-token <text>',
    help: 'bearer token that changes of the model need (default: RECSYS_ADMIN_TOKEN, or --token)',
    type: 'string',
  },
  modelRoot: {
    flags: '--model-root <folder>',
    help: 'folder that requested changes of the model load from (default: that of the model)',
    type: 'string',
  },
  watch: {
    flags: '--watch <seconds>',
    help: 'time between two looks for a new best checkpoint or version (default 5)',
    type: 'number',
    canBeOff: true,
  },
  knownAnswers: {
    flags: '--known-answers <file>',
    help: 'JSON list of { "history", "expect" }: a model whose lists lack what is expected is refused',
    type: 'string',
  },
  threads: {
    flags: '--threads <n>',
    help: 'threads that compute, over one copy of the weights (default: one per core, less one)',
    type: 'number',
  },
  replicas: {
    flags: '--replicas <n>',
    help: 'copies of the model, each with such threads (default 1)',
    type: 'number',
  },
  maxQueue: {
    flags: '--max-queue <n>',
    help: 'most requests that wait; beyond it the answer is 503 (default 1024)',
    type: 'number',
  },
  maxWait: { flags: '--max-wait <ms>', help: 'most time that a request waits (default 2000)', type: 'number' },
  ...modelFileOption,
} as const satisfies OptionSpecs;

type Given = GivenOptions<typeof serveOptions>;

/** Adds `recsys serve` to a program. */
export const addServeCommand = (program: Command): void => {
  const command = program
    .command('serve')
    .description('Serve a model over HTTP, until SIGTERM or Ctrl-C.')
    .argument('<model>', 'run directory, saved model, checkpoint, or folder of models of recsys nightly')
    .option('--json', 'print one JSON object per line');
  declareOptions(command, serveOptions);
  command.addHelpText(
    'after',
    `
A run is served by its best checkpoint, and a better one takes over when training writes it; of a folder of models the current version is served, and the next one takes over. It is loaded beside the old one, checked and warmed up first; one that is damaged is refused, and the old one goes on. On SIGTERM, requests that were made are answered first.

Routes: POST /v1/recommend, POST /v1/recommend/batch, GET /v1/items/ID/similar, POST /v1/events, GET and POST /v1/model, /health/live, /health/ready, /metrics. /docs is a page of them, /openapi.json their schemas.

Tokens on the command line can be seen by others on this machine; the variables RECSYS_TOKEN and RECSYS_ADMIN_TOKEN cannot.

Examples:
  recsys serve runs/movies
  recsys serve models
  recsys serve runs/movies --items movies.csv --port 3000
  RECSYS_TOKEN=secret recsys serve runs/movies --host 0.0.0.0 \\
    --histories redis://localhost:6379`,
  );
  command.action(serve);
};

const serve = async (model: string, flags: Record<string, unknown>): Promise<void> => {
  const given = pickOptions(serveOptions, flags);
  const { host = '127.0.0.1', port = 8080 } = given;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError('usage', `--port must be an integer from 0 to 65535, got ${port}`);
  const reporter = new Reporter({ json: flags.json === true });
  // The packages of the server take a moment to load, which no other command should wait for.
  const { createServer } = await import('@recsys/serve');
  const histories = await historiesOf(given);
  const options: ServerOptions = {
    ...settingsOf(given),
    ...(await ownThread(model, given.model, (remark) => reporter.remark(remark))),
    model,
    histories,
    onModel: (loaded) => reportModel(reporter, loaded),
    onRefused: ({ problem }) => reporter.remark(problem),
  };
  const app = await reporter.during('loading the model', () => createServer(options));
  try {
    await app.listen({ host, port, backlog: 4096 }); // connections that wait to be accepted: a flood has many at once
  } catch (cause) {
    await app.close();
    throw new UsageError('usage', `--host ${host} --port ${port}: cannot listen: ${(cause as Error).message}`, {
      cause,
    });
  }
  const address = app.listeningOrigin;
  reporter.report('serving', `${address} · ${address}/docs`, { address });
  process.on('SIGHUP', () => undefined); // without it, Node would end
  closeWithGrace({ delay: 30_000, skip: ['SIGHUP'], logger: false }, async ({ signal, err }) => {
    if (err !== undefined) reporter.remark(`closing after an error that is a bug: ${err.stack ?? err.message}`);
    else reporter.report('closing', `${signal}: requests that were made are answered first`, { signal });
    await app.close();
    reporter.report('closed', 'every request has its answer', {});
  });
};

/** Returns the settings of the server among the flags, and of the environment. */
const settingsOf = (given: Given): Partial<ServerOptions> => {
  const { host: _, port: __, histories: ___, maxEvents: ____, model: _____, knownAnswers, ...settings } = given;
  const { RECSYS_TOKEN, RECSYS_ADMIN_TOKEN } = process.env;
  return {
    ...settings,
    token: given.token ?? (RECSYS_TOKEN || undefined),
    adminToken: given.adminToken ?? (RECSYS_ADMIN_TOKEN || undefined),
    ...(knownAnswers !== undefined && { knownAnswers: answersIn(knownAnswers) }),
  };
};

const historiesOf = async ({ histories, maxEvents }: Given): Promise<HistoryStore> => {
  const { memoryHistories, postgresHistories, redisHistories } = await import('@recsys/serve');
  if (histories === undefined) return memoryHistories({ maxEvents });
  if (/^rediss?:\/\//.test(histories)) return redisHistories(histories, { maxEvents });
  if (/^postgres(ql)?:\/\//.test(histories)) return postgresHistories(histories, { maxEvents });
  throw new UsageError('usage', '--histories must be a URL redis://host or postgres://user@host/database');
};

const answersIn = (file: string): KnownAnswer[] => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UsageError('usage', `${file}: cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
};

const reportModel = (reporter: Reporter, { version, kind, items, backend, attributes }: LoadedModel): void => {
  const filters = attributes.length === 0 ? '' : ` · filters: ${attributes.join(', ')}`;
  reporter.report('model', `${kind} ${version}, ${formatCount(items)} items · ${backend}${filters}`, {
    version,
    kind,
    items,
    backend,
    attributes,
  });
};
