import * as Plot from '@observablehq/plot';
import { type Html, shortened } from '../html/index.js';
import { draw } from './plot.js';

/** An item on the map. */
export interface MapPoint {
  readonly x: number;
  readonly y: number;
  readonly name: string;
  readonly color: string;
  /** 0 to 1; larger points have more weight. */
  readonly weight: number;
}

const [width, height, margin] = [820, 560, 30];
const longestLabel = 26;

/** A box of a label, pixels. */
interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * Returns points with the names of those of most weight, as many as fit without covering each other.
 *
 * @param most how many names at most.
 */
export const pointMap = (
  points: readonly MapPoint[],
  { label, x, y, most = 40 }: { label: string; x: string; y: string; most?: number },
): Html => {
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  const rangeOf = (values: readonly number[]) => {
    const [least, largest] = [Math.min(...values), Math.max(...values)];
    const room = (largest - least || 1) * 0.04;
    return [least - room, largest + room] as const;
  };
  const [xRange, yRange] = [rangeOf(xs), rangeOf(ys)];
  const pixel = (value: number, [low, high]: readonly [number, number], size: number) =>
    margin + ((value - low) / (high - low)) * (size - 2 * margin);
  const labelled = withRoom(
    points.map((point) => ({
      point,
      left: pixel(point.x, xRange, width),
      top: height - pixel(point.y, yRange, height),
    })),
    most,
  );
  return draw(
    {
      width,
      height,
      margin,
      x: { domain: [...xRange], label: x, ticks: 0, labelAnchor: 'center', labelArrow: 'right' },
      y: { domain: [...yRange], label: y, ticks: 0, labelAnchor: 'center', labelArrow: 'up' },
      r: { type: 'identity' },
      marks: [
        Plot.frame({ strokeOpacity: 0.2 }),
        Plot.dot(points, {
          x: 'x',
          y: 'y',
          fill: ({ color }: MapPoint) => color,
          fillOpacity: 0.75,
          r: ({ weight }: MapPoint) => 1.8 + 3.5 * weight,
          title: 'name',
        }),
        Plot.text(labelled, {
          x: 'x',
          y: 'y',
          text: ({ name }: MapPoint) => shortened(name, longestLabel),
          textAnchor: 'start',
          dx: 7,
          fill: 'var(--text)',
          stroke: 'var(--page)',
          strokeWidth: 3,
        }),
      ],
      color: { type: 'identity' },
    },
    label,
  );
};

/** Returns the points of most weight whose names do not cover each other. */
const withRoom = (
  places: readonly { readonly point: MapPoint; readonly left: number; readonly top: number }[],
  most: number,
): MapPoint[] => {
  const taken: Box[] = [];
  const chosen: MapPoint[] = [];
  const byWeight = [...places].sort((a, b) => b.point.weight - a.point.weight);
  for (const { point, left, top } of byWeight.slice(0, 5 * most)) {
    if (chosen.length === most) break;
    const textWidth = [...shortened(point.name, longestLabel)].length * 6.4;
    const box = { left: left - 4, right: left + textWidth + 8, top: top - 8, bottom: top + 8 };
    if (box.right > width - margin) continue;
    const covers = taken.some(
      (other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom,
    );
    if (covers) continue;
    taken.push(box);
    chosen.push(point);
  }
  return chosen;
};
