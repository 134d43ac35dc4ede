import { DataError } from '../errors.js';

/** An id as the user's own table has it. Two ids are the same when their text is: `296` and `'296'` name one item. */
export type Id = string | number;

/**
 * The two-way map between outside ids and inside indices. A plain object (it goes through `postMessage` and JSON); the functions
 * beside it are its methods.
 */
export interface IdMap {
  /** Outside ids in inside order: index `i` has id `ids[i - first]`. */
  readonly ids: readonly Id[];
  /** Inside index of the first id: 1 for items (0 is the pad), 0 for users. */
  readonly first: 0 | 1;
}

/** Look-up tables, built at the first use of a map. */
const lookups = new WeakMap<IdMap, Lookup>();

interface Lookup {
  /** By ids of the type that the map has, which is the quick way. */
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
        `IdMap: ${map.ids.length - built.size} ids appear more than once (compared as text)`,
      );
    }
    lookup = { asGiven: new Map(map.ids.map((id, i) => [id, i + map.first])), byText: built };
    lookups.set(map, lookup);
  }
  return lookup;
};

/** Returns the inside index of an outside id, or -1 when the map does not have it. */
export const indexOfId = (map: IdMap, id: Id): number => {
  const { asGiven, byText } = lookupOf(map);
  return asGiven.get(id) ?? byText.get(String(id)) ?? -1;
};

/**
 * Returns the outside id of an inside index.
 * @throws {DataError} when the index is outside `first .. first + ids.length - 1`.
 */
export const idAt = (map: IdMap, index: number): Id => {
  const id = map.ids[index - map.first];
  if (id === undefined) {
    throw new DataError(
      'bad-data',
      `idAt: index must be ${map.first}..${map.first + map.ids.length - 1}, got ${index}`,
    );
  }
  return id;
};

/** Returns a map of user ids, whose first row is 0. */
export const userIds = (ids: readonly Id[]): IdMap => ({ ids, first: 0 });

/** Returns a map of item ids, whose first index is 1. */
export const itemIds = (ids: readonly Id[]): IdMap => ({ ids, first: 1 });
