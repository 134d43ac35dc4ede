// The SQL of every step, as text. It runs nothing.
// Imports no other room.
export { identifier, literal } from './quoting.js';
export { type Column, type FileFormat, filesRelation, type Relation, tableRelation } from './relations.js';
export * as steps from './steps.js';
export {
  idExpression,
  isFinerThanDouble,
  isIso,
  isNumber,
  type ParsedTimes,
  parsedTimes,
  rawTime,
  type TimeForm,
  timeFormOf,
} from './values.js';
