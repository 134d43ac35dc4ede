import { figure, figures, heatMap } from '../charts/index.js';
import { type Html, html } from '../html/index.js';
import type { AttentionExample } from '../input/index.js';
import { type Context, perRun, section } from './context.js';

/** How many of the newest items are shown, and how many maps of a run at most. */
const mostItems = 12;
const mostMaps = 12;

/** Returns what each block and head attends to, for one history. */
export const attentionSection = (context: Context): Html | undefined => {
  const { nameOf } = context;
  const maps = perRun(context, ({ attention }) =>
    attention === undefined || attention.weights.length === 0 ? undefined : mapsOf(attention, nameOf),
  );
  const body =
    maps === undefined
      ? undefined
      : html`<p>How much the state after each item draws on the items before it. A row sums to 1 over the whole history. Attention says what the model looked at, not what would change without an item.</p>
${maps}`;
  return section(context, { name: 'attention', title: 'Attention', body });
};

const mapsOf = ({ items, weights }: AttentionExample, nameOf: Context['nameOf']): Html => {
  const first = Math.max(0, items.length - mostItems);
  const names = items.slice(first).map(nameOf);
  const all = weights.flatMap((heads, block) =>
    heads.map((rows, head) => ({
      title: heads.length === 1 ? `Block ${block + 1}` : `Block ${block + 1}, head ${head + 1}`,
      values: rows.slice(first).map((row) => row.slice(first)),
    })),
  );
  const shown = all.slice(0, mostMaps);
  const hidden = [
    ...(first > 0 ? [`The newest ${names.length} of ${items.length} items are shown.`] : []),
    ...(shown.length < all.length ? [`The first ${shown.length} of ${all.length} heads are shown.`] : []),
  ];
  return html`${hidden.length > 0 && html`<p>${hidden.join(' ')}</p>\n`}${figures(
    ...shown.map(({ title, values }) =>
      figure(heatMap(names, values, { label: `Attention weights of ${title.toLowerCase()}` }), {
        title,
        reading: 'Each row is an item, each column an item before it; darker is more attention.',
      }),
    ),
  )}`;
};
