import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { figure } from './figures.ts';
import type { ReproducedRun } from './reproduced-runs.ts';

const colors = ['#3c6cd0', '#c77f00', '#d1495b', '#2a9d78', '#8e5bd6', '#7a5a45'];
const [width, left, keyTop, keyHeight] = [760, 56, 338, 20];

/** What a picture of learning curves shows: at most as many runs as there are colors. */
export interface Curves {
  readonly title: string;
  readonly runs: readonly ReproducedRun[];
  /** What the horizontal axis counts. Over epochs the vertical axis begins where curves flatten, over time at 0. */
  readonly over: 'epochs' | 'seconds';
}

/** How many runs a picture can show. */
export const mostCurves = colors.length;

/** Returns an SVG of validation NDCG@10 over training: one line per run, with a dot at the tested epoch, and a key. */
export const learningCurves = ({ title, runs, over }: Curves): string => {
  const lines = runs.map((run, i) => {
    const points = run.epochs.flatMap(({ epoch, seconds, ndcg10 }) =>
      ndcg10 === undefined ? [] : [{ epoch, x: over === 'epochs' ? epoch : seconds, y: ndcg10 }],
    );
    return { points, best: points.filter(({ epoch }) => epoch === run.best.epoch), color: colors[i] };
  });
  const highest = Math.max(...lines.flatMap(({ points }) => points.map(({ y }) => y)));
  const lowest = over === 'epochs' ? 0.6 * highest : 0;
  const height = keyTop + keyHeight * runs.length + 12;
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const chart = Plot.plot({
    document,
    width,
    height,
    marginLeft: left,
    marginTop: 32,
    marginBottom: height - keyTop + 44,
    style: { background: 'white', color: '#222', fontFamily: 'sans-serif', fontSize: '12px' },
    x: { label: over === 'epochs' ? 'epoch' : 'seconds of training, with validations', labelOffset: 40, zero: true },
    y: { label: 'validation NDCG@10', domain: [lowest, 1.02 * highest], grid: true, ticks: 6 },
    marks: lines.flatMap(({ points, best, color }) => [
      Plot.lineY(points, { x: 'x', y: 'y', stroke: color, strokeWidth: 2, clip: true }),
      Plot.dot(best, { x: 'x', y: 'y', fill: color, r: 4 }),
    ]),
  });
  for (const style of chart.querySelectorAll('style')) style.remove(); // it is about whole pages
  const key = runs.map((run, i) => {
    const y = keyTop + keyHeight * (i + 0.5);
    return (
      `<line x1="${left}" x2="${left + 24}" y1="${y}" y2="${y}" stroke="${colors[i]}" stroke-width="3"/>` +
      `<text x="${left + 34}" y="${y + 4}" text-anchor="start">${escaped(nameOf(run))}</text>`
    );
  });
  const heading = `<title>Validation NDCG@10 of models as they train: ${escaped(title)}</title>`;
  const background = `<rect width="${width}" height="${height}" fill="white"/>`;
  return chart.outerHTML
    .replace(/"[^"]*"/g, rounded)
    .replace(/^<svg([^>]*)>/, `<svg xmlns="http://www.w3.org/2000/svg"$1>\n${heading}\n${background}\n`)
    .replace(/<\/svg>$/, `\n${key.join('\n')}\n</svg>\n`);
};

/** Returns an attribute with at most one decimal in its numbers. */
const rounded = (attribute: string): string =>
  attribute.replace(/\d+\.\d\d+/g, (number) => String(Number(Number(number).toFixed(1))));

/** Returns the best validation of a run, and what was trained. */
const nameOf = ({ about, epochs, best }: ReproducedRun): string =>
  `${figure(epochs.find(({ epoch }) => epoch === best.epoch)!.ndcg10!)}  ${about.replaceAll('`', '')}`;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
