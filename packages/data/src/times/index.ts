// Times as people write them, and what puts interactions in order.
// Imports no other room.
export { dayOf, type InteractionOrder, secondsPerUnit, type TimeKind } from './interaction-order.js';
export type { ExactTime } from './iso-8601.js';
export { nameLooksLikeTime, plainName, timeNames } from './time-names.js';
export { Instant, isLikelyTime, TimeReader } from './time-reader.js';
