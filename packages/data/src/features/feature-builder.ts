import { DataError } from '../errors.js';
import { isRoundedInteger, roundedInteger } from '../read/rounded-integer.js';
import type { Id } from '../table/id-map.js';
import { shownValue } from '../table/shown-value.js';
import { type ChosenFeature, chooseFeatures, itemColumnOf } from './choose-features.js';
import type { ItemFeaturesOptions } from './feature-options.js';
import { BadValue, categoriesOf, isMissing, numberOf, vectorOf } from './feature-values.js';
import { type FeatureColumn, type ItemFeatures, widthOf } from './item-features.js';

/** Rows that are looked at to choose columns. */
const sampleSize = 1000;

type Row = Readonly<Record<string, unknown>>;

interface Place {
  /** Name of the source, for errors. */
  readonly name: string;
  /** Number of the line or row, from 1. */
  readonly line: number;
}

/** The values of one column of the source, by row. */
type Collected = ChosenFeature & { readonly values: unknown[] };

/** Collects features row by row. */
export class FeatureBuilder {
  readonly #options: ItemFeaturesOptions;
  readonly #fields: string[] = [];
  readonly #ids: Id[] = [];
  /** By the text of an id, where it came. */
  readonly #seen = new Map<string, Place>();
  #waiting: { row: Row; place: Place }[] = [];
  #item: string | undefined;
  #features: Collected[] | undefined;

  constructor(options: ItemFeaturesOptions) {
    this.#options = options;
  }

  /**
   * Adds an item.
   * @throws {DataError} naming the source, the line and the column.
   */
  add(row: Row, place: Place): void {
    if (this.#features !== undefined) {
      this.#take(row, place);
      return;
    }
    this.#waiting.push({ row, place });
    if (this.#waiting.length === sampleSize) this.#choose();
  }

  /** @throws {DataError} when there are no items. */
  build(name: string): ItemFeatures {
    if (this.#features === undefined) {
      if (this.#waiting.length === 0) throw new DataError('bad-data', `${name}: has no items`);
      this.#choose();
    }
    const features = this.#features!;
    const { like } = this.#options;
    const sparse = features.flatMap((feature) =>
      feature.kind === 'vector' ? [] : [sparseColumns(feature, like?.columns)],
    );
    const columns = like?.columns ?? sparse.flatMap(({ columns }) => columns);
    const places = new Map(columns.map((column, place) => [keyOf(column), place]));
    const offsets = new Int32Array(this.#ids.length + 1);
    const entries: number[] = [];
    const weights: number[] = [];
    for (let row = 0; row < this.#ids.length; row++) {
      for (const { entriesOf } of sparse) {
        for (const [key, weight] of entriesOf(row)) {
          entries.push(places.get(key)!);
          weights.push(weight);
        }
      }
      offsets[row + 1] = entries.length;
    }
    const vectors = features.filter(({ kind }) => kind === 'vector');
    const dense = vectors.map(({ column, values }) => ({
      feature: column,
      width: widthIn(values) ?? like?.dense.find(({ feature }) => feature === column)?.width ?? 0,
    }));
    const empty = dense.find(({ width }) => width === 0);
    if (empty !== undefined)
      throw new DataError('bad-data', `${name}: no item has a vector in the column "${empty.feature}"`);
    return {
      ids: this.#ids,
      columns,
      dense,
      offsets,
      entries: Int32Array.from(entries),
      weights: Float32Array.from(weights),
      vectors: sideBySide(vectors, dense, this.#ids.length),
    };
  }

  /** Chooses the columns by the rows so far, and takes these. */
  #choose(): void {
    const fields = new Set(this.#waiting.flatMap(({ row }) => Object.keys(row)));
    this.#fields.push(...fields);
    const { name } = this.#waiting[0].place;
    this.#item = itemColumnOf(`${name}: the table`, this.#fields, this.#options.item);
    const chosen = chooseFeatures(
      `${name}: the table`,
      { fields: this.#fields, item: this.#item, sample: this.#waiting.map(({ row }) => row) },
      this.#options,
    );
    this.#features = chosen.map((feature) => ({ ...feature, values: [] }));
    for (const { row, place } of this.#waiting) this.#take(row, place);
    this.#waiting = [];
  }

  #take(row: Row, place: Place): void {
    const item = this.#item!;
    const id = idOf(row[item]);
    if (id === undefined) {
      const problem = isRoundedInteger(row[item])
        ? roundedInteger('the id', row[item])
        : `${shownValue(row[item])} is not an id`;
      throw problemAt(place, item, problem);
    }
    const before = this.#seen.get(String(id));
    if (before !== undefined) {
      if (this.#options.onDuplicate === 'first') return;
      const where = before.name === place.name ? `line ${before.line}` : `${before.name}:${before.line}`;
      throw problemAt(place, item, `item ${shownValue(id)} was there before, in ${where}`);
    }
    for (const feature of this.#features!) {
      try {
        feature.values.push(this.#read(feature, row[feature.column]));
      } catch (error) {
        if (!(error instanceof BadValue)) throw error;
        throw problemAt(place, feature.column, error.message);
      }
    }
    this.#seen.set(String(id), place);
    this.#ids.push(id);
  }

  /** Returns a value as it is kept: categories, a number or a vector; undefined where an item has none. */
  #read(feature: Collected, value: unknown): unknown {
    if (isMissing(value)) return undefined;
    if (feature.kind === 'number') return numberOf(value);
    if (feature.kind === 'categories') return categoriesOf(value, feature.separator);
    const vector = vectorOf(value);
    const known = this.#options.like?.dense.find((own) => own.feature === feature.column)?.width;
    const width = known ?? widthIn(feature.values);
    if (vector.length === 0) throw new BadValue('has an empty vector');
    if (width !== undefined && vector.length !== width)
      throw new BadValue(`has a vector of ${vector.length} numbers, the others have ${width}`);
    return vector;
  }
}

const problemAt = ({ name, line }: Place, column: string, problem: string): DataError =>
  new DataError('bad-data', `${name}:${line}: ${problem} (column "${column}")`);

const idOf = (value: unknown): Id | undefined => {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) && !isRoundedInteger(value) ? value : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** Returns the width of the first vector. */
const widthIn = (values: readonly unknown[]): number | undefined =>
  (values.find((value) => value !== undefined) as Float32Array | undefined)?.length;

const keyOf = ({ feature, value }: FeatureColumn): string => JSON.stringify([feature, value ?? null]);

/** The columns that a column of the source becomes, and the entries of a row: keys of columns, and weights. */
interface SparseColumns {
  readonly columns: FeatureColumn[];
  entriesOf(row: number): Iterable<readonly [key: string, weight: number]>;
}

const sparseColumns = (
  { kind, column: feature, values }: Collected,
  known: readonly FeatureColumn[] | undefined,
): SparseColumns => {
  if (kind === 'number') {
    const column = known?.find((own) => own.feature === feature && own.value === undefined) ?? {
      feature,
      ...standardization(values as (number | undefined)[]),
    };
    const { mean = 0, deviation = 0 } = column;
    const key = keyOf(column);
    return {
      columns: [column],
      entriesOf: (row) => {
        const number = values[row] as number | undefined;
        const weight = number === undefined || deviation === 0 ? 0 : (number - mean) / deviation;
        return weight === 0 ? [] : [[key, weight]];
      },
    };
  }
  const lists = values as (string[] | undefined)[];
  const found =
    known?.flatMap((own) => (own.feature === feature && own.value !== undefined ? [own.value] : [])) ??
    [...new Set(lists.flatMap((list) => list ?? []))].sort();
  const columns = found.map((value) => ({ feature, value }));
  const keys = new Map(columns.map((column) => [column.value, keyOf(column)]));
  return {
    columns,
    entriesOf: (row) => {
      const own = (lists[row] ?? []).filter((value) => keys.has(value));
      return own.map((value) => [keys.get(value)!, 1 / own.length] as const);
    },
  };
};

/** Returns mean and standard deviation of the numbers that are there. */
const standardization = (values: readonly (number | undefined)[]): { mean: number; deviation: number } => {
  const numbers = values.filter((value) => value !== undefined);
  const mean = numbers.reduce((sum, value) => sum + value, 0) / Math.max(1, numbers.length);
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, numbers.length);
  return { mean, deviation: Math.sqrt(variance) };
};

/** Returns the vectors of all columns, one item after another. */
const sideBySide = (columns: readonly Collected[], dense: ItemFeatures['dense'], numItems: number): Float32Array => {
  const width = widthOf(dense);
  const vectors = new Float32Array(numItems * width);
  let start = 0;
  columns.forEach(({ values }, i) => {
    for (let row = 0; row < numItems; row++) {
      const vector = values[row] as Float32Array | undefined;
      if (vector !== undefined) vectors.set(vector, row * width + start);
    }
    start += dense[i].width;
  });
  return vectors;
};
