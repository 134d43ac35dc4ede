import { DataError } from '../errors.js';
import { adviceOnColumns, type InteractionColumns } from '../table/interactions.js';
import { unusedTimes } from '../table/unordered.js';
import { nameLooksLikeTime, plainName, timeNames } from '../times/index.js';

/**
 * Column names that are recognised without `columns`. Case, `_`, `-` and spaces are ignored. If a source has several, the first of these is used.
 */
const commonNames: Readonly<Record<keyof InteractionColumns, readonly string[]>> = {
  user: [
    'user',
    'userid',
    'uid',
    'reviewerid',
    'customer',
    'customerid',
    'clientid',
    'memberid',
    'accountid',
    'visitorid',
    'sessionid',
  ],
  item: [
    'item',
    'itemid',
    'iid',
    'movieid',
    'product',
    'productid',
    'asin',
    'parentasin',
    'articleid',
    'bookid',
    'songid',
    'trackid',
    'businessid',
    'sku',
    'variantid',
  ],
  timestamp: timeNames,
  rating: ['rating', 'overall', 'stars'],
};

/** Common names of the column of items, as `plainName` writes them, the most telling first. */
export const itemNames: readonly string[] = commonNames.item;

/** Which columns to read from a source. */
export interface WantedColumns {
  /** Names of the columns. Undefined: columns with common names. */
  readonly columns: InteractionColumns | undefined;
  /** Whether to read ratings, from a column with a common name if `columns` does not name one. */
  readonly ratings: boolean;
}

/** Indices of user, item, timestamp and rating in a record; -1 for a timestamp or rating that is absent or not wanted. */
export type Places = Readonly<Record<keyof InteractionColumns, number>>;

/**
 * Returns the indices of user, item, timestamp and rating among the fields of a source: of the fields that are named, or else of those with common
 * names.
 *
 * @param where the source and line of the fields, for errors.
 * @throws {DataError} on a missing field, where the message lists the fields; `unordered` if no time is used, but a field is called as if it had times.
 * @example
 * placesOfColumns('ratings.csv', ['userId', 'movieId', 'ts'], { columns: undefined, ratings: false }).timestamp; // 2
 */
export const placesOfColumns = (
  where: string,
  fields: readonly string[],
  { columns, ratings }: WantedColumns,
): Places => {
  const isNamed = (columns?.user ?? columns?.item) !== undefined;
  const placeOf = (
    role: keyof InteractionColumns,
    { needed, common }: { needed: boolean; common: boolean },
  ): number => {
    const name = columns?.[role];
    if (name === false) return -1;
    const found = name ?? (common ? commonField(fields, commonNames[role]) : undefined);
    const place = found === undefined ? -1 : fields.indexOf(found);
    if (place < 0 && (name !== undefined || needed)) {
      const what = name === undefined ? `no column that looks like the ${role}` : `no column "${name}"`;
      throw new DataError(
        'bad-data',
        `${where} has ${what}; it has ${fields.map((field) => `"${field}"`).join(', ')}.`,
        { advice: adviceOnColumns },
      );
    }
    return place;
  };
  const places = {
    user: placeOf('user', { needed: true, common: true }),
    item: placeOf('item', { needed: true, common: true }),
    timestamp: placeOf('timestamp', { needed: false, common: !isNamed }),
    rating: ratings ? placeOf('rating', { needed: true, common: true }) : -1,
  };
  if (places.timestamp < 0 && columns?.timestamp !== false) {
    const left = leftovers(fields, places);
    const unused = commonField(left, timeNames) ?? left.find(nameLooksLikeTime);
    if (unused !== undefined) throw unusedTimes(where, unused);
  }
  return places;
};

/** Returns the field with the first of some names, whatever its case, `_`, `-` and spaces; undefined if there is none. */
export const commonField = (fields: readonly string[], names: readonly string[]): string | undefined => {
  const plain = fields.map(plainName);
  const known = names.find((name) => plain.includes(name));
  return known === undefined ? undefined : fields[plain.indexOf(known)];
};

/** Returns the fields that are not used. */
export const leftovers = (fields: readonly string[], places: Places): string[] => {
  const used = new Set(Object.values(places));
  return fields.filter((_, place) => !used.has(place));
};
