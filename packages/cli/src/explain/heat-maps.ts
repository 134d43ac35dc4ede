import { element, picture, type Shape, shortened, textAt } from '../pictures/index.js';

/** A matrix to draw, and what its rows and columns are. */
export interface HeatMap {
  readonly title: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Values from 0 to 1, a row for each of `rows`; a row may be shorter than there are columns, and the rest stays empty. */
  readonly values: readonly (readonly number[])[];
}

/** A line of maps that have the same rows. */
export type HeatMapLine = readonly HeatMap[];

const cell = 20;
const longestLabel = 30;
/** Pixels for a character of a label; most are narrower. */
const characterWidth = 6.4;
const margin = 24;
const gap = 28;
const headHeight = 60;
const titleHeight = 26;
/** Labels of columns rise to the right, by this angle. */
const slope = 55;

const widthOf = (labels: readonly string[]): number =>
  Math.max(0, ...labels.map((label) => [...shortened(label, longestLabel)].length)) * characterWidth;

/** Returns how dark a value is. The root lets small weights be seen beside large ones. */
const darkness = (value: number): number => Math.sqrt(Math.min(Math.max(value, 0), 1));

/** Returns heat-maps as one SVG: a line of maps below the other, all on the same scale of colours. */
export const heatMaps = (lines: readonly HeatMapLine[], { title, note }: { title: string; note: string }): string => {
  const shapes: Shape[] = [
    textAt(margin, 28, title, { class: 'head' }),
    textAt(margin, 46, note, { class: 'dim' }),
    ...legend(margin, headHeight),
  ];
  let y = headHeight + 34;
  let width = 0;
  for (const maps of lines) {
    const labels = widthOf(maps[0].rows) + 8;
    const above = Math.max(...maps.map(({ columns }) => widthOf(columns))) * Math.sin((slope * Math.PI) / 180) + 12;
    const across = Math.max(...maps.map(({ columns }) => widthOf(columns))) * Math.cos((slope * Math.PI) / 180) + 8;
    const top = y + titleHeight + above;
    let x = margin + labels;
    maps.forEach((map, i) => {
      shapes.push(textAt(x, y + 14, map.title, { class: 'head' }));
      shapes.push(...(i === 0 ? rowLabels(map.rows, x - 8, top) : []), ...columnLabels(map.columns, x, top - 6));
      shapes.push(...cells(map, x, top));
      x += Math.max(map.columns.length * cell, [...map.title].length * 7.5) + Math.max(gap, across);
    });
    width = Math.max(width, x);
    y = top + maps[0].rows.length * cell + gap;
  }
  const textWidth = margin * 2 + Math.max([...title].length * 7.5, [...note].length * characterWidth);
  return picture(shapes, { width: Math.max(width, textWidth), height: y, title });
};

const rowLabels = (labels: readonly string[], x: number, top: number): Shape[] =>
  labels.map((label, i) =>
    textAt(x, top + (i + 0.5) * cell + 4, shortened(label, longestLabel), { anchor: 'end', full: label }),
  );

const columnLabels = (labels: readonly string[], x: number, y: number): Shape[] =>
  labels.map((label, j) =>
    textAt(x + (j + 0.5) * cell + 4, y, shortened(label, longestLabel), { rotate: -slope, full: label }),
  );

const cells = ({ rows, columns, values }: HeatMap, x: number, top: number): Shape[] => [
  element('rect', { class: 'line', x, y: top, width: columns.length * cell, height: rows.length * cell }),
  ...values.flatMap((row, i) =>
    row.slice(0, columns.length).map((value, j) =>
      element(
        'rect',
        {
          class: 'cell',
          x: x + j * cell + 0.5,
          y: top + i * cell + 0.5,
          width: cell - 1,
          height: cell - 1,
          'fill-opacity': darkness(value).toFixed(3),
        },
        `${rows[i]} ← ${columns[j]}: ${value.toFixed(3)}`,
      ),
    ),
  ),
];

const legend = (x: number, y: number): Shape[] =>
  [0, 0.02, 0.1, 0.25, 0.5, 1].flatMap((value, i) => [
    element('rect', {
      class: 'cell',
      x: x + i * 58,
      y,
      width: 14,
      height: 14,
      'fill-opacity': darkness(value).toFixed(3),
    }),
    element('rect', { class: 'line', x: x + i * 58, y, width: 14, height: 14 }),
    textAt(x + i * 58 + 19, y + 11, String(value), { class: 'dim' }),
  ]);
