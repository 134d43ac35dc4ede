import { Rng } from '@recsys/data/core';
import { colorOf, figure, legend, type MapPoint, pointMap, type Series } from '../charts/index.js';
import { formatCount, formatPercent, type Html, html } from '../html/index.js';
import type { ItemMapInput } from '../input/index.js';
import { projectVectors } from '../summaries/index.js';
import { type Context, perRun, section } from './context.js';

/** How many items all maps of a report show together. */
const mostPoints = 1000;
/** How many groups have a colour of their own. */
const mostGroups = 6;

/** Returns the vectors of items in two dimensions. */
export const mapSection = (context: Context): Html | undefined => {
  const numMaps = context.runs.filter(({ map }) => map !== undefined).length;
  const maps = perRun(context, ({ map, name }) =>
    map === undefined ? undefined : mapOf(context, map, { name, most: Math.floor(mostPoints / numMaps) }),
  );
  const body =
    maps === undefined
      ? undefined
      : html`<p>Vectors of items in the two directions in which they differ most (principal components of their directions). Items near each other here are often alike; two of many dimensions cannot show all of it.</p>
${maps}`;
  return section(context, { name: 'map', title: 'Item map', body });
};

const mapOf = (
  { nameOf, options }: Context,
  { catalog, vectors, groupOf, groupName = 'group' }: ItemMapInput,
  { name, most }: { name: string; most: number },
): Html | undefined => {
  const counts = options.data?.counts;
  const known = Array.from({ length: catalog.ids.length }, (_, i) => i + 1).filter(
    (item) => counts === undefined || counts[item] > 0,
  );
  if (known.length < 3) return undefined;
  const items = sampleOf(known, most, counts);
  const { points, shares } = projectVectors(vectors, vectors.length / (catalog.ids.length + 1), items);
  const groups = groupOf === undefined ? undefined : groupsOf(items.map((item) => groupOf(catalog.ids[item - 1])));
  const largest = counts === undefined ? 1 : Math.max(...items.map((item) => Math.log1p(counts[item])));
  const drawn = points.map(
    ([x, y], i): MapPoint => ({
      x,
      y,
      name: nameOf(catalog.ids[items[i] - 1]),
      color: groups?.colorOf(i) ?? 'var(--c0)',
      weight: counts === undefined ? 0.3 : (Math.log1p(counts[items[i]]) / largest) ** 2,
    }),
  );
  const sampled =
    items.length < known.length
      ? ` ${formatCount(items.length)} of ${formatCount(known.length)} items are shown: the most popular, and others drawn at random.`
      : '';
  const sizes = counts === undefined ? '' : ' Larger is more popular.';
  const [x, y] = shares.map((share, i) => `component ${i + 1}, ${formatPercent(share)} of the variance`);
  return figure(pointMap(drawn, { label: `Items of ${name} in two dimensions`, x, y }), {
    title: groups === undefined ? 'Items in two dimensions' : `Items in two dimensions, by ${groupName}`,
    reading: `Each dot is an item; its title is under the mouse.${sizes}${sampled}`,
    legend: groups && legend(groups.series),
    scrolls: `Item map of ${name}`,
  });
};

/** Returns items to show: the most popular ones, and a seeded sample of the others. */
const sampleOf = (items: readonly number[], most: number, counts: ArrayLike<number> | undefined): number[] => {
  if (items.length <= most) return [...items];
  const popular = counts === undefined ? [] : [...items].sort((a, b) => counts[b] - counts[a]).slice(0, most >> 3);
  const taken = new Set(popular);
  const others = new Rng(0, items.length).shuffle(Int32Array.from(items.filter((item) => !taken.has(item))));
  return [...popular, ...others.subarray(0, most - popular.length)].sort((a, b) => a - b);
};

/** Returns the colours of groups: the largest have their own, all others one. */
const groupsOf = (names: readonly (string | undefined)[]): { series: Series[]; colorOf: (i: number) => string } => {
  const sizes = new Map<string, number>();
  for (const name of names) if (name !== undefined) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  const largest = [...sizes].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, mostGroups);
  const places = new Map(largest.map(([name], i) => [name, i]));
  const other = 'var(--soft)';
  const placeOf = (i: number) => (names[i] === undefined ? undefined : places.get(names[i]));
  const hasOthers = names.some((_, i) => placeOf(i) === undefined);
  return {
    series: [
      ...largest.map(([name], i) => ({ name, color: colorOf(i) })),
      ...(hasOthers ? [{ name: 'others', color: other }] : []),
    ],
    colorOf: (i) => {
      const place = placeOf(i);
      return place === undefined ? other : colorOf(place);
    },
  };
};
