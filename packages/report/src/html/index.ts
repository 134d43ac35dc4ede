// Text as HTML: escaped by default, tables that scroll within themselves, and how numbers are written. Knows no models.
export {
  durationText,
  formatCount,
  formatDifference,
  formatEstimate,
  formatInterval,
  formatMetric,
  formatPercent,
  formatPhraseP,
  formatPValue,
  listOf,
} from './format.js';
export { clean, Html, type HtmlValue, html, raw, shortened } from './html.js';
export { type Column, table } from './table.js';
