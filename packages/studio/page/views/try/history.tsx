import { useRef } from 'preact/hooks';
import type { ListAnswer } from '../../../src/protocol/index.ts';
import { change, type Trial } from '../../state/trial.ts';

const gaps = [
  [60, 'a minute'],
  [3600, 'an hour'],
  [86_400, 'a day'],
  [604_800, 'a week'],
] as const;

interface HistoryProps {
  readonly trial: Trial;
  readonly known: ListAnswer['history'] | undefined;
  readonly usesTimes: boolean;
  readonly titleOf: (item: string) => string;
}

/** The history, oldest first: to reorder, to remove, and to leave out. */
export const History = ({ trial: { history, off, gap }, known, usesTimes, titleOf }: HistoryProps) => {
  const list = useRef<HTMLOListElement>(null);
  const unknown = new Set(known?.filter((item) => !item.known).map(({ item }) => item));
  /** The new place of each old one: places that are left out go along. */
  const reorder = (places: readonly number[]) =>
    change({
      history: places.map((place) => history[place]),
      off: places.flatMap((place, now) => (off.has(place) ? [now] : [])),
    });
  const all = history.map((_, place) => place);
  const swap = (a: number, b: number) => reorder(all.map((place) => (place === a ? b : place === b ? a : place)));
  const remove = (place: number) => {
    reorder(all.filter((own) => own !== place));
    // The focus stays at its place.
    requestAnimationFrame(() => {
      const buttons = list.current?.querySelectorAll<HTMLElement>('button.remove') ?? [];
      (buttons[Math.min(place, buttons.length - 1)] ?? document.getElementById('find'))?.focus();
    });
  };
  const toggle = (place: number) =>
    change({ off: off.has(place) ? [...off].filter((own) => own !== place) : [...off, place] });
  return (
    <section aria-labelledby="history">
      <div class="heading">
        <h2 id="history">History</h2>
        {history.length > 0 && (
          <button type="button" class="plain" onClick={() => change({ history: [], off: [] })}>
            Clear
          </button>
        )}
      </div>
      {history.length === 0 ? (
        <p class="soft">Add items, oldest first. Without any, popular items are recommended.</p>
      ) : (
        <ol class="history" ref={list}>
          {history.map((item, place) => (
            <li key={`${place} ${item}`} class={off.has(place) ? 'off' : undefined}>
              <span class="name">
                {off.has(place) ? <s>{titleOf(item)}</s> : titleOf(item)}
                {unknown.has(item) && <span class="soft"> · not known to this model</span>}
                {off.has(place) && ' · left out'}
              </span>
              <button
                type="button"
                aria-label={`Move ${titleOf(item)} up`}
                disabled={place === 0}
                onClick={() => swap(place, place - 1)}
              >
                ↑
              </button>
              <button
                type="button"
                aria-label={`Move ${titleOf(item)} down`}
                disabled={place === history.length - 1}
                onClick={() => swap(place, place + 1)}
              >
                ↓
              </button>
              <button
                type="button"
                aria-pressed={off.has(place)}
                aria-label={`Leave out ${titleOf(item)}`}
                title="Leave out, and see what changes"
                onClick={() => toggle(place)}
              >
                ⊘
              </button>
              <button type="button" class="remove" aria-label={`Remove ${titleOf(item)}`} onClick={() => remove(place)}>
                ×
              </button>
            </li>
          ))}
        </ol>
      )}
      {usesTimes && (
        <label class="field">
          <span>This model uses times. Between items is</span>
          <select value={gap} onChange={({ currentTarget }) => change({ gap: Number(currentTarget.value) })}>
            {gaps.map(([seconds, text]) => (
              <option key={seconds} value={seconds}>
                {text}
              </option>
            ))}
          </select>
        </label>
      )}
    </section>
  );
};
