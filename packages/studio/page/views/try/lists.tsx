import type { ListAnswer, NamedItem, RecommendedItem } from '../../../src/protocol/index.ts';
import type { Asked } from '../../state/ask.ts';
import { change, type Trial } from '../../state/trial.ts';

interface ListsProps {
  readonly trial: Trial;
  readonly before: Asked<ListAnswer>;
  /** With what is left out, filtered or excluded; undefined if nothing is. */
  readonly after: Asked<ListAnswer> | undefined;
  readonly onAdd: (item: NamedItem) => void;
}

/** What is recommended; beside it the list before something was left out, filtered or excluded. */
export const Lists = ({ trial, before, after, onAdd }: ListsProps) => {
  if (after === undefined)
    return (
      <section aria-labelledby="list">
        <h2 id="list">{before.answer?.popular ? 'Popular items' : 'Recommended next'}</h2>
        <List trial={trial} asked={before} onAdd={onAdd} />
      </section>
    );
  const places = placesOf(before.answer);
  const kept = placesOf(after.answer);
  return (
    <div class="lists">
      <section aria-labelledby="list">
        <h2 id="list">After</h2>
        <List trial={trial} asked={after} onAdd={onAdd} noteOf={({ item }, place) => moved(places.get(item), place)} />
      </section>
      <section aria-labelledby="before">
        <h2 id="before">Before</h2>
        <ol class="list" aria-busy={before.isWaiting}>
          {before.answer?.items.map(({ item, title, score }, place) => (
            <li key={item}>
              <span class="rank num">{place + 1}</span>
              {after.answer === undefined || kept.has(item) ? (
                <span class="name">{title}</span>
              ) : (
                <span class="name soft">
                  <s>{title}</s> · gone
                </span>
              )}
              <span class="score num">{before.answer?.popular ? score : score.toFixed(3)}</span>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
};

const placesOf = (answer: ListAnswer | undefined): Map<string, number> =>
  new Map(answer?.items.map(({ item }, place) => [item, place]));

/** Says how an item has moved. */
const moved = (before: number | undefined, now: number): string => {
  if (before === undefined) return 'new';
  return before === now ? '' : before > now ? `↑ ${before - now}` : `↓ ${now - before}`;
};

interface ListProps {
  readonly trial: Trial;
  readonly asked: Asked<ListAnswer>;
  readonly onAdd: (item: NamedItem) => void;
  readonly noteOf?: (item: RecommendedItem, place: number) => string;
}

const List = ({ trial, asked: { answer, problem, isWaiting }, onAdd, noteOf }: ListProps) => {
  if (problem !== undefined)
    return (
      <p class="problem" role="alert">
        {problem}.
      </p>
    );
  if (answer?.items.length === 0) return <p>Nothing is left to recommend: loosen the filter.</p>;
  return (
    <>
      {trial.chosen === undefined && <p class="soft small">Select an item to see what it is due to.</p>}
      <ol class="list" aria-busy={isWaiting}>
        {answer?.items.map((own, place) => {
          const { item, title, score } = own;
          const note = noteOf?.(own, place) ?? '';
          const isChosen = trial.chosen === item;
          return (
            <li key={item} class={isChosen ? 'chosen' : undefined}>
              <span class="rank num">{place + 1}</span>
              <button
                type="button"
                class="name"
                aria-pressed={isChosen}
                onClick={() => change({ chosen: isChosen ? undefined : item })}
              >
                {title}
                {note !== '' && <span class="moved"> {note}</span>}
              </button>
              <span class="score num" title={answer.popular ? 'interactions' : 'score'}>
                {answer.popular ? score : score.toFixed(3)}
              </span>
              <button
                type="button"
                aria-label={`Add ${title} to the history`}
                title="Add to the history"
                onClick={() => onAdd({ item, title })}
              >
                +
              </button>
              <button
                type="button"
                aria-label={`Exclude ${title}`}
                title="Exclude, and see what changes"
                onClick={() => change({ exclude: [...trial.exclude, item] })}
              >
                ⊘
              </button>
            </li>
          );
        })}
      </ol>
    </>
  );
};
