import { type Html, html } from '../html/index.js';

/** Something that has a colour in charts, and its name. */
export interface Series {
  readonly name: string;
  readonly color: string;
  /** Dashes of its line, so that colour is not all that tells it apart. */
  readonly dash?: string | undefined;
}

/** How many colours the style sheet has, `--c0` to `--c5`; they can be told apart by the colour-blind too. */
const numColors = 6;
const dashes = [undefined, '7 4', '2 3', '9 3 2 3'];

/** Returns the colour of the i-th series. */
export const colorOf = (i: number): string => `var(--c${i % numColors})`;

/** Returns the dashes of the i-th series; the first has none. */
export const dashOf = (i: number): string | undefined => dashes[i % dashes.length];

/**
 * Returns the names of series beside their colours; nothing for a single one.
 *
 * @param isOfLines whether the chart draws lines, whose dashes are shown too.
 */
export const legend = (series: readonly Series[], { isOfLines = false } = {}): Html | undefined =>
  series.length < 2
    ? undefined
    : html`<ul class="legend">${series.map(
        ({ name, color, dash }) =>
          html`<li><svg width="22" height="10" aria-hidden="true"><line x1="1" x2="21" y1="5" y2="5" stroke="${color}" stroke-width="3"${isOfLines && dash !== undefined && html` stroke-dasharray="${dash}"`}/></svg><bdi>${name}</bdi></li>`,
      )}</ul>
`;
