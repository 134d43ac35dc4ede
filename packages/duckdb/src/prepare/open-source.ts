import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { DataError } from '@recsys/data';
import { listFiles, type Places, parseDatabase, placesOfColumns } from '@recsys/data/node';
import type { Database } from '../database/index.js';
import { PrepareError } from '../errors.js';
import {
  type Column,
  type FileFormat,
  filesRelation,
  idExpression,
  identifier,
  literal,
  type Relation,
  rawTime,
  type TimeForm,
  tableRelation,
  timeFormOf,
} from '../sql/index.js';
import type { PrepareOptions } from './options.js';

/** A source whose columns are known. */
export interface Source {
  /** As messages show it. */
  readonly name: string;
  readonly relation: Relation;
  /** Expressions of user and item as text, and of the time as it is kept until it is known what it is. */
  readonly columns: { readonly user: string; readonly item: string; readonly time?: string };
  readonly idKinds: { readonly user: 'string' | 'number'; readonly item: 'string' | 'number' };
  readonly time: { readonly column: string; readonly form: TimeForm } | undefined;
  /** Expression of the rating, if the filters need it. */
  readonly rating: string | undefined;
}

type Given = Pick<PrepareOptions, 'from' | 'table' | 'format' | 'columns' | 'filters'>;

/** Finds the files or the table of a source, and which columns hold user, item and time. */
export const openSource = async (database: Database, given: Given): Promise<Source> => {
  const { columns, filters = {} } = given;
  const opened = await (isDatabase(given.from) ? openTable(database, given) : openFiles(database, given));
  const described = await describe(database, opened.relation(), opened.name);
  const wanted = { columns, ratings: filters.minRating !== undefined };
  const fields = described.map(({ name }) => name);
  const places = placesOfColumns(`${opened.name}: the table`, fields, wanted);
  const read = opened.isJson ? asJson(described, places, filters.where !== undefined) : described;
  const columnAt = (place: number): Column => read.find(({ name }) => name === fields[place])!;
  const [user, item] = [places.user, places.item].map((place) => {
    const { name, type } = columnAt(place);
    const id = idExpression(identifier(name), type);
    if (id !== undefined) return id;
    throw new PrepareError('bad-data', `${opened.name}: column "${name}" is a ${type}, which has no ids.`, {
      advice: { option: 'columns', purpose: 'to name the columns of your data' },
    });
  });
  const time = places.timestamp < 0 ? undefined : timeOf(opened.name, columnAt(places.timestamp));
  return {
    name: opened.name,
    relation: opened.relation(opened.isJson ? read : undefined),
    columns: {
      user: user.text,
      item: item.text,
      ...(time && { time: rawTime(identifier(time.column), columnAt(places.timestamp).type) }),
    },
    idKinds: { user: user.kind, item: item.kind },
    time,
    rating: places.rating < 0 ? undefined : identifier(fields[places.rating]),
  };
};

const timeOf = (source: string, { name, type }: Column): { column: string; form: TimeForm } => {
  const form = timeFormOf(type);
  if (form !== undefined) return { column: name, form };
  throw new PrepareError('bad-data', `${source}: column "${name}" is a ${type}, which has no times.`, {
    advice: { option: 'columns.timestamp', purpose: 'to name a column of times' },
  });
};

/** Values of JSON are read as they are written: an id may be a number in one row and a text in another. */
const asJson = (described: readonly Column[], { user, item, timestamp, rating }: Places, all: boolean): Column[] =>
  described.flatMap((column, place) => {
    if ([user, item, timestamp].includes(place)) return [{ ...column, type: 'JSON' }];
    return all || place === rating ? [column] : [];
  });

interface Opened {
  readonly name: string;
  readonly isJson: boolean;
  relation(columns?: readonly Column[]): Relation;
}

const describe = async (database: Database, relation: Relation, name: string): Promise<Column[]> => {
  const rows = await database.rows(`describe select * from ${relation}`).catch((cause: PrepareError) => {
    throw new PrepareError('bad-data', `${name}: cannot be read: ${cause.problem.replace(/^DuckDB: /, '')}`, { cause });
  });
  return rows.map(([column, type]) => ({ name: String(column), type: String(type) }));
};

const formats: Readonly<Record<string, FileFormat>> = {
  '.parquet': 'parquet',
  '.pq': 'parquet',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.json': 'json',
  '.jsonl': 'json',
  '.ndjson': 'json',
};

const openFiles = async (database: Database, { from, table, format }: Given): Promise<Opened> => {
  const name = typeof from === 'string' ? from : `${from[0]}${from.length > 1 ? ` and ${from.length - 1} more` : ''}`;
  if (table !== undefined) throw new PrepareError('bad-option', `prepare: table is for databases, and ${name} is none`);
  const files: string[] = [];
  for (const path of typeof from === 'string' ? [from] : from)
    files.push(...(await filesOf(database, path, format !== undefined)));
  const extension = extname(files[0].replace(/\.(gz|zst)$/i, '')).toLowerCase();
  const chosen = format ?? formats[extension];
  if (chosen === undefined)
    throw new PrepareError(
      'bad-data',
      `${files[0]}: is not Parquet, CSV, TSV or JSON by its name. Write it as Parquet first: recsys data convert.`,
      { advice: { option: 'format', purpose: 'if it is one of these' } },
    );
  return {
    name,
    isJson: chosen === 'json',
    relation: (columns) => filesRelation(files, chosen, columns),
  };
};

/** Returns the files of a path or pattern in the order of their names. */
const filesOf = async (database: Database, path: string, anyKind: boolean): Promise<string[]> => {
  const isPattern = /[*?[]/.test(path) && (await stat(path).catch(() => undefined)) === undefined;
  if (!isPattern) return (await listFiles(path, anyKind)).map((file) => file.path);
  const found = await database.rows(`select file from glob(${literal(path)}) order by file`);
  if (found.length === 0) throw new DataError('bad-data', `${path}: no such file`);
  return found.map(([file]) => String(file));
};

const isDatabase = (from: PrepareOptions['from']): from is string =>
  typeof from === 'string' && /^(duckdb|sqlite|postgres|postgresql):|\.(duckdb|sqlite3?)$/i.test(from);

const openTable = async (database: Database, { from, table, format }: Given): Promise<Opened> => {
  const text = from as string;
  if (format !== undefined)
    throw new PrepareError('bad-option', 'prepare: format is for files, and from is a database');
  const isSqlite = /^sqlite:|\.sqlite3?$/i.test(text);
  const parsed = isSqlite
    ? { kind: 'sqlite' as const, name: text.replace(/^sqlite:/i, ''), url: undefined }
    : { url: undefined, ...parseDatabase(text) };
  const { kind, name } = parsed;
  if (kind !== 'postgres' && (await stat(name).catch(() => undefined)) === undefined)
    throw new DataError('bad-data', `${name}: no such file`);
  await database.attach(parsed.url ?? name, { type: kind, name });
  const chosen = table ?? (await onlyTable(database, name));
  return { name: `${name}: table ${chosen}`, isJson: false, relation: () => tableRelation(chosen) };
};

const onlyTable = async (database: Database, name: string): Promise<string> => {
  const found = await database.rows(
    "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'source' order by all",
  );
  if (found.length === 1) return String(found[0][0]);
  const shown = found.map(([table]) => String(table).replace(/^main\./, '')).join(', ');
  throw new PrepareError('bad-option', `prepare: ${name} has ${found.length} tables${shown && ` (${shown})`}.`, {
    advice: { option: 'table', purpose: 'to choose one' },
  });
};
