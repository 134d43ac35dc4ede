import type { Id } from '@recsys/data/core';
import { formatCount, formatPercent, type Html, type HtmlValue, html } from '../html/index.js';
import type { ExampleUser, RankedItem } from '../input/index.js';
import { bdi, type Context, type ShownRun, section } from './context.js';

/** How many items of a history are shown, newest last. */
const mostItems = 8;
/** How many reasons are shown for a recommendation, and from which share on. */
const mostReasons = 2;
const leastShare = 0.1;

/** Returns some users with their histories, and what is recommended to them. */
export const examplesSection = (context: Context): Html | undefined => {
  const runs = context.runs.filter(({ examples }) => (examples ?? []).length > 0);
  const users = runs[0]?.examples ?? [];
  const body =
    runs.length === 0
      ? undefined
      : html`<p>The newest items of each history, oldest first, and what is recommended next. The item that came next was held out; where it is in the list, it is marked.</p>
${users.map((example) => exampleBody(context, runs, example))}`;
  return section(context, { name: 'examples', title: 'Example users', body });
};

const exampleBody = ({ nameOf }: Context, runs: readonly ShownRun[], { user, history, target }: ExampleUser): Html => {
  const shown = history.slice(-mostItems);
  const lists = runs.flatMap((run) => {
    const own = run.examples!.find((example) => example.user === user);
    return own === undefined ? [] : [{ run, own }];
  });
  const older = history.length - shown.length;
  return html`<article class="example">
<h3>User ${bdi(String(user))}</h3>
<div class="columns">
<div><h4>History of ${history.length === 1 ? '1 item' : `${formatCount(history.length)} items`}</h4>
<ul class="items">${older > 0 && html`<li class="more">${formatCount(older)} older</li>`}${shown.map((item) => html`<li>${bdi(nameOf(item))}</li>`)}</ul>
${target !== undefined && html`<p>Came next: <strong>${bdi(nameOf(target))}</strong></p>`}</div>
${lists.map(({ run, own }) => listBody(nameOf, own, { heading: runs.length === 1 ? 'Recommended' : run.title }))}</div>
</article>
`;
};

const listBody = (
  nameOf: (item: Id) => string,
  { recommended, target, rank }: ExampleUser,
  { heading }: { heading: string },
): Html => {
  const place = rank === undefined ? undefined : placeText(rank);
  return html`<div><h4>${bdi(heading)}</h4>
<ol class="items">${recommended.map(
    (own) =>
      html`<li${own.item === target && html` class="hit"`}>${bdi(nameOf(own.item))}${own.item === target && html` <span class="tag">came next</span>`}${reasonsOf(nameOf, own)}</li>`,
  )}</ol>
${target !== undefined && place !== undefined && html`<p>The item that came next is at place ${place}.</p>`}</div>
`;
};

/** Returns a 0-based rank as a place; a tie may put it between two. */
const placeText = (rank: number): string =>
  Number.isInteger(rank)
    ? formatCount(rank + 1)
    : `${formatCount(Math.floor(rank) + 1)} to ${formatCount(Math.ceil(rank) + 1)}`;

const reasonsOf = (nameOf: (item: Id) => string, { reasons = [] }: RankedItem): HtmlValue => {
  const most = reasons.filter(({ share }) => share >= leastShare).slice(0, mostReasons);
  if (most.length === 0) return undefined;
  return html`<br><small>because of ${most.map(
    ({ item, share }, i) => html`${i > 0 && ', '}${bdi(nameOf(item))} ${formatPercent(share)}`,
  )}</small>`;
};
