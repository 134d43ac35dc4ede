import { type Html, type HtmlValue, html } from '../html/index.js';

interface FigureOptions {
  readonly title: string;
  /** One sentence on how to read it. */
  readonly reading: HtmlValue;
  readonly legend?: Html | undefined;
  /** What a screen reader calls the part that scrolls, for a figure as wide as the page. Default: it is not so wide. */
  readonly scrolls?: string;
}

/** Returns a chart with its title and how to read it. */
export const figure = (chart: Html, { title, reading, legend, scrolls }: FigureOptions): Html =>
  html`<figure${scrolls !== undefined && html` class="wide"`}>
<figcaption><strong>${title}</strong><span>${reading}</span>${legend}</figcaption>
${scrolls === undefined ? chart : html`<div class="scroll" role="region" aria-label="${scrolls}" tabindex="0">${chart}</div>`}</figure>
`;

/** Returns figures side by side where there is room. */
export const figures = (...all: readonly (Html | undefined)[]): Html => html`<div class="figures">${all}</div>
`;
