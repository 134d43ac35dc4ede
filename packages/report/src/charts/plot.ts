import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Html, html, raw } from '../html/index.js';

/** Pixels of a chart: two of them stand side by side on a desk, and one fills a phone. */
const chartWidth = 400;
const chartHeight = 260;

/** Attributes whose numbers are written with at most one decimal; those of opacity have two. */
const coordinates = ['x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'width', 'height', 'd', 'transform', 'points'];
const opacities = ['fill-opacity', 'stroke-opacity', 'opacity'];

const rounded = (text: string, decimals: number): string =>
  text.replace(/-?\d+\.\d+(e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(decimals))));

/**
 * Draws a chart and returns it as SVG.
 *
 * @param label what a screen reader says.
 */
export const draw = (options: Plot.PlotOptions, label: string): Html => {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    width: chartWidth,
    height: chartHeight,
    marginLeft: 52,
    marginBottom: 40,
    className: 'chart',
    ...options,
    document,
  });
  for (const style of svg.querySelectorAll('style')) style.remove(); // the page has one for all charts
  for (const element of svg.querySelectorAll('*')) {
    for (const name of coordinates) round(element, name, 1);
    for (const name of opacities) round(element, name, 2);
    // Names of parts of the drawing, which is one picture for a screen reader.
    for (const name of ['aria-label', 'aria-description', 'aria-hidden']) element.removeAttribute(name);
  }
  // linkedom leaves < as it is in attributes, so the only one that holds a text of someone else's is written here.
  return html`<svg role="img" aria-label="${label}"${raw(svg.outerHTML.slice('<svg'.length))}\n`;
};

interface Attributed {
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
}

const round = (element: Attributed, name: string, decimals: number): void => {
  const value = element.getAttribute(name);
  if (value !== null) element.setAttribute(name, rounded(value, decimals));
};
