import { formatCount, type Html, html, table } from '../html/index.js';
import type { NearestItems } from '../input/index.js';
import { bdi, type Context, perRun, section } from './context.js';

/** Returns items with those whose vectors are most like theirs. */
export const nearestSection = (context: Context): Html | undefined => {
  const { nameOf, options } = context;
  const tables = perRun(context, ({ nearest = [], name, map }) => {
    if (nearest.length === 0) return undefined;
    const counts = options.data?.counts;
    const metOf = ({ item }: NearestItems) => {
      const index = map === undefined ? -1 : map.catalog.ids.indexOf(item) + map.catalog.first;
      return counts === undefined || index < 1
        ? undefined
        : html`<br><small>${formatCount(counts[index])} interactions</small>`;
    };
    return table(
      nearest,
      [
        { title: 'Item', cell: (own) => html`${bdi(nameOf(own.item))}${metOf(own)}` },
        {
          title: 'Most like it, with the cosine',
          cell: ({ similar }) =>
            similar.map(
              ({ item, score }, i) =>
                html`${i > 0 && html`<span class="dim"> · </span>`}<span class="near">${bdi(nameOf(item))} <small>${score.toFixed(2)}</small></span>`,
            ),
        },
      ],
      { label: `Nearest items of ${name}` },
    );
  });
  const body =
    tables === undefined
      ? undefined
      : html`<p>Items whose vectors point in the most similar direction: what the model takes for alike. It knows no titles, only who met what in which order.</p>
${tables}`;
  return section(context, { name: 'nearest', title: 'Nearest items', body });
};
