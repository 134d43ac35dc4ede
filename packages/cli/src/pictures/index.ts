// Pictures as SVG: shapes, text that is escaped, and colours for light and dark pages. Nothing here knows models or data.
export { element, escapeXml, picture, type Shape, shortened, textAt } from './svg.js';
export { writeText } from './write-text.js';
