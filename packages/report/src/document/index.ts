// The page: sections in order, contents, and the style sheet for light and dark.
export { createReport } from './create-report.js';
