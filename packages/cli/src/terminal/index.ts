// What a person sees on a terminal: colours, lines that fit, progress of long steps, and help. Nothing here knows models or data.
export { formatCount, formatSeconds } from './format.js';
export { styleHelp } from './help.js';
export { Progress } from './progress.js';
export { type Output, type Style, styled } from './style.js';
export { widthOf, wrapText } from './wrap.js';
