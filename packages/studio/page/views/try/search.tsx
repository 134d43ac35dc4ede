import { useState } from 'preact/hooks';
import type { NamedItem } from '../../../src/protocol/index.ts';
import { useAnswer, withQuery } from '../../state/ask.ts';
import type { Trial } from '../../state/trial.ts';

/** Items by their titles, to put into the history. */
export const Search = ({ trial: { run, history }, onAdd }: { trial: Trial; onAdd: (item: NamedItem) => void }) => {
  const [text, setText] = useState('');
  const path = withQuery('/api/items', { run, query: text, limit: text === '' ? '8' : '20' });
  const { answer = [], problem } = useAnswer<NamedItem[]>({ path });
  return (
    <section aria-labelledby="search">
      <h2 id="search">Find items</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (answer.length > 0) onAdd(answer[0]);
        }}
      >
        <input
          id="find"
          type="search"
          aria-labelledby="search"
          placeholder="Words of a title, or an id"
          autocomplete="off"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </form>
      {problem !== undefined && <p class="problem">{problem}</p>}
      <p class="soft small" role="status">
        {text === ''
          ? 'Popular items. Click to add.'
          : answer.length === 0
            ? `No item has “${text}” in its title or id.`
            : 'Enter adds the first.'}
      </p>
      <ul class="items">
        {answer.map(({ item, title }) => (
          <li key={item}>
            <button type="button" class="add" onClick={() => onAdd({ item, title })}>
              {title}
              {title !== item && <span class="soft"> {item}</span>}
              {history.includes(item) && <span class="soft"> · in the history</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
};
