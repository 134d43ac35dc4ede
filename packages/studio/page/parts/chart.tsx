import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { type Theme, useTheme } from './colors.ts';

/** A curve. */
export interface Series {
  readonly name: string;
  /** Which colour and dash it has. */
  readonly style: number;
  readonly x: readonly number[];
  readonly y: readonly (number | undefined)[];
}

interface ChartProps {
  readonly title: string;
  readonly series: readonly Series[];
  readonly formatX: (value: number) => string;
  /** Whether x has whole numbers alone. */
  readonly isWhole: boolean;
  /** What x is, such as `epoch`. */
  readonly xName: string;
  readonly formatY?: (value: number) => string;
  /** A place of x that is marked, and what it is. */
  readonly mark?: { readonly x: number; readonly label: string } | undefined;
}

const height = 210;

/** Curves over x, with their values at the pointer, or the newest ones. */
export const Chart = ({
  title,
  series,
  formatX,
  isWhole,
  xName,
  formatY = (value) => value.toPrecision(4),
  mark,
}: ChartProps) => {
  const theme = useTheme();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const marked = useRef(mark);
  marked.current = mark;
  const [at, setAt] = useState<number | undefined>(undefined);
  const data = useMemo(() => tableOf(series), [series]);
  // A new plot only for other curves: new epochs are new data of the old one.
  const kind = `${theme.ink} ${xName} ${series.map(({ name, style }) => `${name} ${style}`).join()}`;
  useEffect(() => {
    const element = host.current!;
    const drawMark = (own: uPlot) => marked.current && drawLine(own, marked.current, theme);
    const options = optionsOf({ width: element.clientWidth, series, theme, formatX, isWhole, formatY });
    const own = new uPlot(
      { ...options, hooks: { setCursor: [({ cursor }) => setAt(cursor.idx ?? undefined)], draw: [drawMark] } },
      data,
      element,
    );
    plot.current = own;
    const observer = new ResizeObserver(() => own.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      own.destroy();
      plot.current = undefined;
    };
  }, [kind]);
  useEffect(() => plot.current?.setData(data), [data, mark?.x]);
  const [xs, ...columns] = data as [number[], ...(number | null | undefined)[][]];
  const shown = at ?? xs.length - 1;
  return (
    <figure class="chart">
      <figcaption>
        <strong>{title}</strong>
        {xs.length > 0 && (
          <span class="soft num">
            {xName} {formatX(xs[shown])}
          </span>
        )}
        <ul class="legend">
          {series.map(({ name, style }, i) => {
            const column = columns[i] ?? []; // null where another curve has an x and this one has not
            const value = at === undefined ? column.findLast((own) => own != null) : column[shown];
            return (
              <li key={name}>
                <Swatch style={style} /> {name} <span class="num">{value == null ? '–' : formatY(value)}</span>
              </li>
            );
          })}
        </ul>
      </figcaption>
      <div ref={host} class="plot" role="img" aria-label={spoken(title, series, formatY)} />
    </figure>
  );
};

/** A piece of a curve, beside its name. */
export const Swatch = ({ style }: { style: number }) => {
  const { styles } = useTheme();
  const { color, dash } = styles[style % styles.length];
  return (
    <svg class="swatch" width="22" height="8" aria-hidden="true">
      <line x1="1" y1="4" x2="21" y2="4" stroke={color} stroke-width="2.5" stroke-dasharray={dash.join(' ')} />
    </svg>
  );
};

/** Says in words what a chart shows. */
const spoken = (title: string, series: readonly Series[], formatY: (value: number) => string): string => {
  const each = series.map(({ name, y }) => {
    const values = y.filter((value) => value !== undefined);
    if (values.length === 0) return `${name}: nothing yet`;
    return `${name}: ${formatY(values[0])} first, ${formatY(values.at(-1)!)} last, of ${values.length}`;
  });
  return `${title}. ${each.join('; ')}.`;
};

/** Returns all curves over all of their x, in order; a curve has gaps where it has no such x. */
const tableOf = (series: readonly Series[]): uPlot.AlignedData => {
  const tables = series.map(({ x, y }) => [x, y] as unknown as uPlot.AlignedData);
  if (tables.length === 0) return [[]];
  return tables.length === 1 ? tables[0] : uPlot.join(tables);
};

/** Distances of ticks between whole numbers. */
const wholeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

const font = '11px system-ui, sans-serif';

const optionsOf = ({
  width,
  series,
  theme,
  formatX,
  isWhole,
  formatY,
}: {
  width: number;
  series: readonly Series[];
  theme: Theme;
  formatX: (value: number) => string;
  isWhole: boolean;
  formatY: (value: number) => string;
}): uPlot.Options => {
  const axis: uPlot.Axis = {
    stroke: theme.ink,
    font,
    grid: { stroke: theme.line, width: 1 },
    ticks: { stroke: theme.line, width: 1, size: 4 },
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: { x: { time: false } },
    axes: [
      {
        ...axis,
        space: 60,
        size: 28,
        values: (_, values) => values.map(formatX),
        ...(isWhole && { incrs: wholeSteps }),
      },
      { ...axis, space: 34, size: 56, values: (_, values) => values.map((value) => shortest(value, formatY)) },
    ],
    series: [
      {},
      ...series.map(({ name, style }): uPlot.Series => {
        const { color, dash } = theme.styles[style % theme.styles.length];
        return { label: name, stroke: color, dash: [...dash], width: 1.75, spanGaps: true, points: { size: 4 } };
      }),
    ],
  };
};

/** Returns a number of an axis without zeros at its end. */
const shortest = (value: number, format: (value: number) => string): string => {
  const text = format(value);
  return /^-?\d+\.\d+$/.test(text) ? String(Number(text)) : text;
};

const drawLine = (plot: uPlot, { x, label }: { x: number; label: string }, theme: Theme): void => {
  const { ctx, bbox } = plot;
  const left = plot.valToPos(x, 'x', true);
  if (left < bbox.left || left > bbox.left + bbox.width) return;
  const ratio = devicePixelRatio;
  const isRight = left > bbox.left + 0.7 * bbox.width;
  ctx.save();
  ctx.strokeStyle = theme.ink;
  ctx.fillStyle = theme.ink;
  ctx.lineWidth = ratio;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(left, bbox.top);
  ctx.lineTo(left, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = isRight ? 'right' : 'left';
  ctx.fillText(label, left + (isRight ? -5 : 5) * ratio, bbox.top + bbox.height - 6 * ratio);
  ctx.restore();
};
