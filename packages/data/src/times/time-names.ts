/**
 * Common names of columns of times, without case, `_`, `-` and spaces. If a source has several, the first of these is used: names of whole times stand
 * before names of days.
 */
export const timeNames: readonly string[] = [
  'timestamp',
  'eventtimestamp',
  'eventtime',
  'unixreviewtime',
  'unixtimestamp',
  'unixtime',
  'timestampms',
  'timems',
  'epochms',
  'epochtime',
  'epoch',
  'datetime',
  'ts',
  'time',
  'occurredat',
  'happenedat',
  'clickedat',
  'clicktime',
  'viewedat',
  'viewtime',
  'watchedat',
  'playedat',
  'listenedat',
  'ratedat',
  'reviewedat',
  'orderedat',
  'ordertime',
  'ordertimestamp',
  'purchasedat',
  'purchasetime',
  'boughtat',
  'soldat',
  'paidat',
  'createdat',
  'createdtime',
  'createtime',
  'creationtime',
  'created',
  'eventdate',
  'orderdate',
  'purchasedate',
  'transactiondate',
  'invoicedate',
  'reviewdate',
  'createddate',
  'creationdate',
  'tdat',
  'date',
  'day',
];

const words = new Set(['time', 'timestamp', 'datetime', 'date', 'day', 'at', 'ts', 'epoch', 'when']);

/** Returns a name without case, `_`, `-` and spaces. */
export const plainName = (name: string): string => name.toLowerCase().replace(/[_\-\s]/g, '');

/** Returns whether the name of a column, such as `addedToCartAt`, says that it holds times. */
export const nameLooksLikeTime = (name: string): boolean =>
  timeNames.includes(plainName(name)) ||
  name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .some((word) => words.has(word));
