import { join } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../errors.js';
import type { SettingValue } from '../protocol/index.js';
import { readPart } from './read-part.js';

const count = z.number().min(0).default(0);
const looseRecord = z.looseObject({});

/** What the studio uses of `config.json`, which `fit` wrote. */
const configSchema = z.looseObject({
  model: z.looseObject({ name: z.string() }),
  fit: z.looseObject({
    epochs: count,
    validation: z.union([z.literal(false), z.looseObject({ metric: z.string(), protocol: z.string() })]).default(false),
  }),
  loss: z.looseObject({ name: z.string() }),
  data: z.looseObject({ fingerprint: z.string(), users: count, items: count, interactions: count }),
  info: looseRecord.default({}),
});

/** The settings of a run. */
export interface RunSettings {
  readonly model: string;
  readonly loss: string;
  /** The metric and the protocol of validation; undefined if it is not validated. */
  readonly validation: { readonly metric: string; readonly protocol: string } | undefined;
  readonly epochs: number;
  readonly data: {
    readonly name: string;
    readonly users: number;
    readonly items: number;
    readonly interactions: number;
    readonly fingerprint: string;
  };
  /** The file of items that it was trained with, from the run directory, and its column of ids. */
  readonly items: { readonly path: string; readonly column: string | undefined } | undefined;
  /** All of them by path, such as `model.hiddenUnits`. */
  readonly all: Readonly<Record<string, SettingValue>>;
}

/** A configuration has a list of items at most. */
const mostBytes = 2 ** 27;

/**
 * Reads the settings of a run.
 * @throws {StudioError} `bad-run`, in words for a person.
 */
export const readConfig = async (run: string): Promise<RunSettings> => {
  const part = await readPart(join(run, 'config.json'), 0, mostBytes);
  if (part === undefined) throw new StudioError('bad-run', 'config.json is gone');
  const json = parsed(part.bytes.toString('utf8'));
  const { format } = (json ?? {}) as { format?: unknown };
  if (typeof format === 'number' && format !== 1)
    throw new StudioError('bad-run', `it is of format ${format}, and this version of the studio reads format 1`);
  const found = configSchema.safeParse(json);
  if (!found.success || format !== 1) {
    const [issue] = found.error?.issues ?? [];
    const where = issue === undefined || issue.path.length === 0 ? '' : `: ${issue.path.join('.')}`;
    throw new StudioError('bad-run', `config.json is not that of a run${where}; it is damaged, or still being written`);
  }
  const { model, fit, loss, data, info, engine, versions } = found.data;
  const { fingerprint, users, items, interactions } = data;
  return {
    model: model.name,
    loss: loss.name,
    validation: fit.validation || undefined,
    epochs: fit.epochs,
    data: { name: dataName(info.data), users, items, interactions, fingerprint },
    items: itemsOf(info.items),
    all: {
      ...flat('model', model),
      ...flat('loss', isRecord(info.loss) ? info.loss : loss),
      ...flat('fit', fit),
      ...flat('data', { source: info.data, ...(isRecord(info.dataOptions) && info.dataOptions) }),
      ...flat('negativeSampler', info.negativeSampler),
      ...flat('items', isRecord(info.items) ? info.items.path : undefined),
      ...flat('from', info.from),
      ...flat('engine', engine),
      ...flat('versions', versions),
    },
  };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new StudioError('bad-run', 'config.json is no JSON; it is damaged, or still being written');
  }
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns what data is called: `ml-1m` for `../data/ml-1m.txt.gz`, `shop` for `postgres://localhost/shop`. */
const dataName = (source: unknown): string => {
  if (source === '-') return 'standard input';
  const text = isRecord(source) ? source.database : source;
  if (typeof text !== 'string') return '';
  const last = text.split(/[/\\]/).findLast((part) => part !== '') ?? '';
  return last
    .replace(/^duckdb:/, '')
    .replace(/(\.[a-z]+)+$/i, '')
    .slice(0, 100);
};

const itemsOf = (recorded: unknown): RunSettings['items'] => {
  if (!isRecord(recorded) || typeof recorded.path !== 'string') return undefined;
  const column = isRecord(recorded.options) ? recorded.options.itemId : undefined;
  return { path: recorded.path, column: typeof column === 'string' ? column : undefined };
};

const longest = 300;
const longestList = 12;

/** Returns values by their path; lists as their JSON, and long ones as their length. */
const flat = (path: string, value: unknown): Record<string, SettingValue> => {
  if (value === undefined) return {};
  if (isRecord(value))
    return Object.assign({}, ...Object.entries(value).map(([key, inner]) => flat(`${path}.${key}`, inner)));
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return { [path]: value };
  if (Array.isArray(value) && value.length > longestList) return { [path]: `${value.length} values` };
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { [path]: text.length > longest ? `${text.slice(0, longest)}…` : text };
};
