import { DataError } from './errors.js';
import type { InteractionColumns } from './interactions.js';

/** Header names that are understood without a mapping, compared without case, `_` and `-`. */
const commonNames: Readonly<Record<keyof InteractionColumns, readonly string[]>> = {
  user: ['user', 'userid', 'uid', 'reviewerid', 'customerid', 'visitorid', 'sessionid'],
  item: ['item', 'itemid', 'iid', 'movieid', 'productid', 'asin', 'parentasin', 'trackid', 'businessid'],
  timestamp: ['timestamp', 'time', 'unixreviewtime', 'datetime'],
};

type Role = keyof InteractionColumns;

/**
 * Returns which of a source's fields are user, item and timestamp: those named by `columns`, else those with common names; -1 for a timestamp
 * that is not there.
 *
 * @param where names the source and line of the fields, for errors.
 * @throws {DataError} on a field that is not there, with those that are.
 */
export const placesOfColumns = (
  where: string,
  fields: readonly string[],
  columns: InteractionColumns | undefined,
): Record<Role, number> => {
  const plain = fields.map((field) => field.toLowerCase().replace(/[_\-\s]/g, ''));
  const placeOf = (role: Role): number => {
    const wanted = columns?.[role];
    const common = () => plain.findIndex((field) => commonNames[role].includes(field));
    const place = columns === undefined ? common() : wanted === undefined ? -1 : fields.indexOf(wanted);
    if (place < 0 && (wanted !== undefined || role !== 'timestamp')) {
      const what = wanted === undefined ? `no column that looks like the ${role}` : `no column "${wanted}"`;
      throw new DataError(
        `${where} has ${what}; it has ${fields.map((field) => `"${field}"`).join(', ')}. Name yours with columns.`,
      );
    }
    return place;
  };
  return { user: placeOf('user'), item: placeOf('item'), timestamp: placeOf('timestamp') };
};
