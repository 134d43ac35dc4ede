import { CatalogFilter, type Id, type IdMap, indexOfId } from '@recsys/model';
import { ServeError } from '../errors.js';
import type { Condition, ItemFilter } from '../protocol/index.js';

/** A column of attributes in the order of the catalog: a number, or texts. Undefined where an item has none. */
type Column =
  | { readonly kind: 'numbers'; readonly values: Float64Array }
  | { readonly kind: 'texts'; readonly values: readonly (readonly string[] | undefined)[] };

/** Most prepared filters that are kept, and most items in all of them: 4 bytes each, or 8. */
const keptFilters = 64;
const keptItems = 2 ** 24;

/** The attributes of the items of a catalog, and the filters that were made of them. */
export class AttributeFilters {
  readonly #numItems: number;
  readonly #columns: ReadonlyMap<string, Column>;
  /** By the JSON of their conditions, least recently used first. */
  readonly #filters = new Map<string, CatalogFilter>();

  constructor(
    catalog: IdMap,
    { ids, columns }: { ids: readonly Id[]; columns: Readonly<Record<string, readonly unknown[]>> },
  ) {
    this.#numItems = catalog.ids.length;
    const rows = ids.map((id) => indexOfId(catalog, id));
    this.#columns = new Map(
      Object.entries(columns).map(([name, values]) => [name, columnOf(values, rows, this.#numItems)]),
    );
  }

  get names(): string[] {
    return [...this.#columns.keys()];
  }

  /**
   * Returns the items for which all conditions hold; the same filter for the same conditions, as long as it is kept.
   * @throws {ServeError} `bad-request` on an attribute that the items do not have, or a range of texts.
   */
  filter(conditions: ItemFilter): CatalogFilter {
    const key = JSON.stringify(Object.entries(conditions).sort(([a], [b]) => (a < b ? -1 : 1)));
    let found = this.#filters.get(key);
    if (found === undefined) {
      const tests = Object.entries(conditions).map(([name, condition]) => this.#testOf(name, condition));
      const items: number[] = [];
      for (let item = 1; item <= this.#numItems; item++) if (tests.every((test) => test(item))) items.push(item);
      found = new CatalogFilter(this.#numItems, items, []);
    } else this.#filters.delete(key);
    this.#filters.set(key, found);
    const most = Math.max(1, Math.min(keptFilters, Math.floor(keptItems / this.#numItems)));
    if (this.#filters.size > most) this.#filters.delete(this.#filters.keys().next().value!);
    return found;
  }

  #testOf(name: string, condition: Condition): (item: number) => boolean {
    const column = this.#columns.get(name);
    if (column === undefined) {
      const known = this.names.length === 0 ? 'there are none' : `there are ${this.names.join(', ')}`;
      throw new ServeError('bad-request', `filter: items have no attribute ${JSON.stringify(name)}; ${known}`);
    }
    if (typeof condition === 'object' && !Array.isArray(condition)) {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = condition;
      if (column.kind === 'texts')
        throw new ServeError(
          'bad-request',
          `filter: attribute ${JSON.stringify(name)} has no numbers, so it has no range`,
        );
      return (item) => column.values[item] >= min && column.values[item] <= max; // NaN, a missing number, is in no range
    }
    const wanted = Array.isArray(condition) ? condition : [condition];
    if (column.kind === 'numbers') {
      const numbers = new Set(wanted.map(numberIn));
      return (item) => !Number.isNaN(column.values[item]) && numbers.has(column.values[item]);
    }
    const texts = new Set(wanted.map(String));
    return (item) => column.values[item]?.some((text) => texts.has(text)) ?? false;
  }
}

const isMissing = (value: unknown): boolean => value === undefined || value === null || value === '';

/** Returns a number that may be written as text; NaN where it is none. */
const numberIn = (value: unknown): number =>
  typeof value === 'number' || (typeof value === 'string' && value.trim() !== '') ? Number(value) : Number.NaN;

/** Returns a column by catalog index: numbers if all of its values are, else texts, of which `|` separates several. */
const columnOf = (values: readonly unknown[], rows: readonly number[], numItems: number): Column => {
  const isNumeric = values.every((value) => isMissing(value) || !Number.isNaN(numberIn(value)));
  if (isNumeric) {
    const numbers = new Float64Array(numItems + 1).fill(Number.NaN);
    values.forEach((value, i) => {
      if (rows[i] > 0 && !isMissing(value)) numbers[rows[i]] = numberIn(value);
    });
    return { kind: 'numbers', values: numbers };
  }
  const texts = new Array<readonly string[] | undefined>(numItems + 1);
  values.forEach((value, i) => {
    if (rows[i] > 0 && !isMissing(value)) texts[rows[i]] = textsOf(value);
  });
  return { kind: 'texts', values: texts };
};

const textsOf = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.map(String);
  return String(value).includes('|') ? String(value).split('|') : [String(value)];
};
