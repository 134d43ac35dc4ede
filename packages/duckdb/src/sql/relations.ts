import { identifier, literal } from './quoting.js';

/** A column as DuckDB describes it. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

/** What stands after `from` in a query. */
export type Relation = string;

/** What files hold. */
export type FileFormat = 'parquet' | 'csv' | 'tsv' | 'json';

/**
 * Returns files as one relation, whose rows are in the order of the files.
 *
 * Fields of CSV stay text: the id `007` is not the id `7`.
 *
 * @param columns of JSON: the columns to read. Default all, with the types that the first rows have.
 */
export const filesRelation = (files: readonly string[], format: FileFormat, columns?: readonly Column[]): Relation => {
  const list = `[${files.map(literal).join(', ')}]`;
  if (format === 'parquet') return `read_parquet(${list}, hive_partitioning = false)`;
  if (format === 'json') {
    const shown = columns?.map(({ name, type }) => `${identifier(name)}: ${literal(type)}`).join(', ');
    return `read_json(${list}, hive_partitioning = false${shown === undefined ? '' : `, columns = {${shown}}`})`;
  }
  const tab = format === 'tsv' ? ", delim = '\\t'" : '';
  return `read_csv(${list}, header = true, all_varchar = true, hive_partitioning = false${tab})`;
};

/** Returns a table of the attached database `source`, such as `public.events`. */
export const tableRelation = (table: string): Relation => ['source', ...table.split('.')].map(identifier).join('.');
