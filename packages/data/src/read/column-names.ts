import { DataError } from '../errors.js';
import { adviceOnColumns, type InteractionColumns } from '../table/interactions.js';

/** Column names that are recognised without `columns`. Case, `_`, `-` and spaces are ignored. */
const commonNames: Readonly<Record<keyof InteractionColumns, readonly string[]>> = {
  user: ['user', 'userid', 'uid', 'reviewerid', 'customerid', 'visitorid', 'sessionid'],
  item: ['item', 'itemid', 'iid', 'movieid', 'productid', 'asin', 'parentasin', 'trackid', 'businessid'],
  timestamp: ['timestamp', 'time', 'unixreviewtime', 'datetime'],
  rating: ['rating', 'overall', 'stars'],
};

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
 * @throws {DataError} on a missing field. The message lists the fields.
 */
export const placesOfColumns = (
  where: string,
  fields: readonly string[],
  { columns, ratings }: WantedColumns,
): Places => {
  const plain = fields.map((field) => field.toLowerCase().replace(/[_\-\s]/g, ''));
  const placeOf = (role: keyof InteractionColumns, needed: boolean): number => {
    const name = columns?.[role];
    const common = columns === undefined || (role === 'rating' && ratings);
    const place =
      name !== undefined
        ? fields.indexOf(name)
        : common
          ? plain.findIndex((field) => commonNames[role].includes(field))
          : -1;
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
  return {
    user: placeOf('user', true),
    item: placeOf('item', true),
    timestamp: placeOf('timestamp', false),
    rating: ratings ? placeOf('rating', true) : -1,
  };
};
