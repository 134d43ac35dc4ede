import { type Id, type IdMap, indexOfId } from '@recsys/data/core';
import { ExcludedItems } from '@recsys/layers';
import { ModelError } from '../errors.js';

/**
 * Some items of a catalog, prepared for use in many requests.
 * @example
 * const inStock: CatalogFilter = catalogFilter(model.config.catalog, ['296', '318']);
 * inStock.items; // Int32Array of inside indices
 */
export class CatalogFilter {
  /** The items, as inside indices in rising order. */
  readonly items: Int32Array;
  /** Ids that the catalog does not have; they make no difference. */
  readonly unknown: readonly Id[];
  /** Size of the catalog. */
  readonly numItems: number;
  #others: Int32Array | undefined;
  #excluded: ExcludedItems | undefined;

  /** @param items inside indices, in any order, each 1..numItems. */
  constructor(numItems: number, items: Iterable<number>, unknown: readonly Id[]) {
    this.numItems = numItems;
    this.items = Int32Array.from(new Set(items)).sort();
    this.unknown = unknown;
  }

  /** The pad and all other items of the catalog, as inside indices in rising order. */
  get others(): Int32Array {
    if (this.#others === undefined) {
      const others = new Int32Array(this.numItems + 1 - this.items.length);
      let [next, at] = [0, 0];
      for (let item = 0; item <= this.numItems; item++) {
        if (this.items[at] === item) at += 1;
        else others[next++] = item;
      }
      this.#others = others;
    }
    return this.#others;
  }

  /** The items as excluded ones, for one state; the others are these inverted. */
  get excluded(): ExcludedItems {
    if (this.#excluded === undefined) {
      this.#excluded = new ExcludedItems(1, this.numItems + 1);
      this.#excluded.add(0, this.items);
    }
    return this.#excluded;
  }

  /** @throws {ModelError} `other-catalog` when the filter was made for a catalog of another size. */
  assertFor(catalog: IdMap): this {
    if (this.numItems === catalog.ids.length) return this;
    throw new ModelError(
      'other-catalog',
      `recommend: the filter was made for a catalog of ${this.numItems} items, the model has ${catalog.ids.length}`,
    );
  }
}

/**
 * Returns a filter to give to `recommend` as `candidates` or `exclude`. It is prepared once, so that a request that uses it costs little more than
 * one without.
 *
 * @param catalog `model.config.catalog`.
 * @param ids the items of the filter, in outside ids; or a function that tells whether an item is one of them, by its attributes, for example.
 * @example
 * const inStock = catalogFilter(model.config.catalog, stock.map(({ sku }) => sku));
 * inStock.unknown; // products that the model does not know yet
 * recommend(model, history, { candidates: inStock });
 *
 * const shoes = catalogFilter(model.config.catalog, (id) => products.get(id)?.category === 'shoes');
 */
export const catalogFilter = <OwnId extends Id>(
  catalog: IdMap<OwnId>,
  ids: Iterable<OwnId> | ((id: OwnId) => boolean),
): CatalogFilter => {
  const [items, unknown]: [number[], Id[]] = [[], []];
  if (typeof ids === 'function') {
    catalog.ids.forEach((id, i) => {
      if (ids(id)) items.push(i + catalog.first);
    });
  } else {
    for (const id of ids) {
      const index = indexOfId(catalog, id);
      if (index < 0) unknown.push(id);
      else items.push(index);
    }
  }
  return new CatalogFilter(catalog.ids.length, items, unknown);
};
