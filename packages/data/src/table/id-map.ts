import { DataError } from '../errors.js';

/** A user or item id as it is in your data. Ids with the same text are the same: `296` and `'296'` name one item. */
export type Id = string | number;

/**
 * A two-way map between the ids of your data and indices. It is a plain object, which can be sent by `postMessage` and written as JSON; use it
 * with `indexOfId` and `idAt`.
 */
export interface IdMap<OwnId extends Id = Id> {
  /** Ids in the order of their indices: index `i` has the id `ids[i - first]`. */
  readonly ids: readonly OwnId[];
  /** Index of the first id: 1 for items, because 0 is the pad; 0 for users. */
  readonly first: 0 | 1;
  /** Number of interactions of each id, in the order of `ids`, if it is known: what is popular, for those of whom nothing else is known. */
  readonly counts?: readonly number[];
}

/** `string` for `'a' | 'b'`: the type of ids, not of these few. */
type Widened<OwnId extends Id> = OwnId extends string ? string : number;

/** Look-up tables, built when a map is first used. */
const lookups = new WeakMap<IdMap, Lookup>();

interface Lookup {
  /** By the id as it is, which is faster. */
  readonly asGiven: ReadonlyMap<Id, number>;
  readonly byText: ReadonlyMap<string, number>;
}

const lookupOf = (map: IdMap): Lookup => {
  let lookup = lookups.get(map);
  if (lookup === undefined) {
    const built = new Map<string, number>();
    map.ids.forEach((id, i) => {
      built.set(String(id), i + map.first);
    });
    if (built.size !== map.ids.length) {
      throw new DataError(
        'bad-data',
        `IdMap: ${map.ids.length - built.size} ids occur more than once (compared as text)`,
      );
    }
    lookup = { asGiven: new Map(map.ids.map((id, i) => [id, i + map.first])), byText: built };
    lookups.set(map, lookup);
  }
  return lookup;
};

/**
 * Returns the index of an id, or -1 if the map does not have it.
 *
 * @throws {DataError} when the map has an id more than once.
 * @example
 * indexOfId(itemIds(['a', 'b']), 'b'); // 2
 */
export const indexOfId = (map: IdMap, id: Id): number => {
  const { asGiven, byText } = lookupOf(map);
  return asGiven.get(id) ?? byText.get(String(id)) ?? -1;
};

/**
 * Returns the id of an index.
 *
 * @throws {DataError} when the index is outside `first .. first + ids.length - 1`.
 * @example
 * idAt(itemIds(['a', 'b']), 2); // 'b'
 */
export const idAt = <OwnId extends Id>(map: IdMap<OwnId>, index: number): OwnId => {
  const id = map.ids[index - map.first];
  if (id === undefined) {
    throw new DataError(
      'bad-data',
      `idAt: index must be an integer from ${map.first} to ${map.first + map.ids.length - 1}, got ${index}`,
    );
  }
  return id;
};

/**
 * Returns a map of user ids. The first user has row 0.
 *
 * @example
 * userIds(['ann', 'bob']); // { ids: ['ann', 'bob'], first: 0 }
 */
export const userIds = <OwnId extends Id>(ids: readonly OwnId[]): IdMap<Widened<OwnId>> => ({
  ids: ids as readonly Widened<OwnId>[],
  first: 0,
});

/**
 * Returns a map of item ids. The first item has index 1, because 0 is the pad.
 *
 * @example
 * const catalog = itemIds(['a', 'b']); // { ids: ['a', 'b'], first: 1 }
 */
export const itemIds = <OwnId extends Id>(ids: readonly OwnId[]): IdMap<Widened<OwnId>> => ({
  ids: ids as readonly Widened<OwnId>[],
  first: 1,
});
