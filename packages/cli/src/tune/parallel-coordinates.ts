import { element, picture, type Shape, shortened, textAt } from '../pictures/index.js';

type Value = number | string | boolean;

/** One line of the picture. */
export interface ParallelLine {
  /** What it is, shown under the mouse. */
  readonly name: string;
  /** Values by axis; an absent one is drawn at the foot of the axis. */
  readonly values: Readonly<Record<string, Value | null | undefined>>;
  /** Lines that got further are drawn thicker, from 0 to 1. */
  readonly weight: number;
}

/** A vertical axis: where a value is on it, 0 at the foot and 1 at the top, and the values that it shows. */
interface Axis {
  readonly name: string;
  readonly placeOf: (value: Value) => number;
  readonly ticks: readonly Value[];
}

const [top, height, margin, perAxis] = [96, 320, 60, 140];
/** The place of a line that has no value on an axis. */
const absent = -0.1;

const shown = (value: Value): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(3))) : String(value);

/** Returns an axis for the values of some lines; one for results is linear, so that its distances can be compared. */
const axisOf = (name: string, lines: readonly ParallelLine[], { isResult }: { isResult: boolean }): Axis => {
  const values = lines.map((line) => line.values[name]).filter((value): value is Value => (value ?? null) !== null);
  const distinct = [...new Set(values)];
  if (!distinct.every((value) => typeof value === 'number')) {
    const names = distinct.map(String).sort();
    return {
      name,
      ticks: names,
      placeOf: (value) => (names.length === 1 ? 0.5 : names.indexOf(String(value)) / (names.length - 1)),
    };
  }
  const [low, high] = [Math.min(...distinct), Math.max(...distinct)];
  const isLog = !isResult && low > 0 && high / low >= 3.9; // as values of a learning rate or a width are: each factor counts
  const at = (value: number) => (isLog ? Math.log(value) : value);
  const placeOf = (value: Value) => (high === low ? 0.5 : (at(Number(value)) - at(low)) / (at(high) - at(low)));
  const middle = isLog ? Math.sqrt(low * high) : (low + high) / 2;
  const ticks = distinct.length <= 5 ? distinct.sort((a, b) => a - b) : [low, middle, high];
  return { name, placeOf, ticks };
};

/**
 * Returns a picture of parallel coordinates (Inselberg 1985) as SVG: an axis for each name, and for each of `lines` a line from axis to axis. The
 * first line is the best one, in another colour; the more a line is like it on the last axis, the darker it is.
 */
export const parallelCoordinates = (
  lines: readonly ParallelLine[],
  { axes: names, title, note }: { axes: readonly string[]; title: string; note: string },
): string => {
  const axes = names.map((name, i) => axisOf(name, lines, { isResult: i === names.length - 1 }));
  const x = (i: number) => margin + i * perAxis;
  const y = (place: number) => top + height * (1 - place);
  const last = axes.at(-1);
  const isAbsent = (line: ParallelLine) => axes.some(({ name }) => (line.values[name] ?? null) === null);
  const shapes: Shape[] = [
    textAt(margin / 2, 28, title, { class: 'head' }),
    textAt(margin / 2, 46, note, { class: 'dim' }),
  ];
  axes.forEach(({ name }, i) => {
    shapes.push(element('line', { class: 'line', x1: x(i), x2: x(i), y1: y(1), y2: y(0) }));
    shapes.push(textAt(x(i), top - 14, name, { class: 'head', anchor: 'middle' }));
  });
  // The best line is drawn last, over the others.
  [...lines.entries()].reverse().forEach(([place, line]) => {
    const path = axes.map(({ name, placeOf }, i) => {
      const value = line.values[name] ?? null;
      return `${i === 0 ? 'M' : 'L'}${x(i)} ${Math.round(y(value === null ? absent : placeOf(value)) * 10) / 10}`;
    });
    const value = last === undefined ? null : (line.values[last.name] ?? null);
    const goodness = value === null || last === undefined ? 0 : last.placeOf(value);
    const attributes = {
      d: path.join(' '),
      fill: 'none',
      style: `stroke: var(--${place === 0 ? 'best' : 'ink'})`,
      'stroke-width': place === 0 ? 3.5 : 1 + 1.5 * line.weight,
      'stroke-opacity': place === 0 ? '1' : (0.25 + 0.65 * goodness).toFixed(2),
      'stroke-dasharray': value === null ? '4 3' : undefined,
    };
    shapes.push(element('path', attributes, line.name));
  });
  axes.forEach(({ ticks, placeOf }, i) => {
    for (const tick of ticks) shapes.push(...tickAt(x(i), y(placeOf(tick)), shown(tick)));
  });
  if (lines.some(isAbsent)) shapes.push(textAt(margin - 10, y(absent) + 4, 'none', { class: 'dim', anchor: 'end' }));
  const width = Math.max(x(axes.length - 1) + margin + 50, [...note].length * 6.4 + margin);
  return picture(shapes, { width, height: top + height + 56, title });
};

/** A label beside an axis, on the colour of the page, so that lines behind it do not hide it. */
const tickAt = (x: number, y: number, label: string): Shape[] => {
  const text = shortened(label, 16);
  const width = [...text].length * 7 + 6;
  return [
    element('rect', { class: 'page', x: x + 4, y: y - 8, width, height: 16, 'fill-opacity': '0.8' }),
    element('circle', { class: 'cell', cx: x, cy: y, r: 2.5 }),
    textAt(x + 7, y + 4, text, { full: label }),
  ];
};
