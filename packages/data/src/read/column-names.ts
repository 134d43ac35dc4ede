import { DataError } from '../errors.js';
import { adviceOnColumns, type InteractionColumns } from '../table/interactions.js';

/** Header names that are understood without a mapping, compared without case, `_` and `-`. */
const commonNames: Readonly<Record<keyof InteractionColumns, readonly string[]>> = {
  user: ['user', 'userid', 'uid', 'reviewerid', 'customerid', 'visitorid', 'sessionid'],
  item: ['item', 'itemid', 'iid', 'movieid', 'productid', 'asin', 'parentasin', 'trackid', 'businessid'],
  timestamp: ['timestamp', 'time', 'unixreviewtime', 'datetime'],
  rating: ['rating', 'overall', 'stars'],
};

/** What is to be read from a source. */
export interface WantedColumns {
  /** Names of the columns; undefined: common names. */
  readonly columns: InteractionColumns | undefined;
  /** Whether ratings are read; those of a common name where `columns` has no name for them. */
  readonly ratings: boolean;
}

/** Where user, item, timestamp and rating stand in a record; -1 for a timestamp or rating that is not there or not wanted. */
export type Places = Readonly<Record<keyof InteractionColumns, number>>;

/**
 * Returns which of a source's fields are user, item, timestamp and rating: those that are named, else those with common names.
 *
 * @param where names the source and line of the fields, for errors.
 * @throws {DataError} on a field that is not there, with those that are.
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
