import { useEffect, useRef } from 'preact/hooks';
import type { Attention, ListAnswer, NamedItem, RecommendedItem, SimilarAnswer } from '../../../src/protocol/index.ts';
import { formatShare } from '../../parts/format.ts';
import { Scroll } from '../../parts/run-parts.tsx';
import { useAnswer, withQuery } from '../../state/ask.ts';
import type { Trial } from '../../state/trial.ts';

interface WhyProps {
  readonly trial: Trial;
  readonly chosen: RecommendedItem;
  readonly list: ListAnswer;
  readonly kind: string;
  readonly titleOf: (item: string) => string;
  readonly onAdd: (item: NamedItem) => void;
}

/** What a recommendation is due to, and the items that are most like it. */
export const Why = ({ trial: { run }, chosen, list: { attention, popular }, kind, titleOf, onAdd }: WhyProps) => {
  const similar = useAnswer<SimilarAnswer>({ path: withQuery('/api/similar', { run, item: chosen.item, k: '10' }) });
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.scrollIntoView({ block: 'nearest' }), [chosen.item]);
  return (
    <div class="lists why" ref={place}>
      <section aria-labelledby="why">
        <h2 id="why">Why {chosen.title}</h2>
        {popular ? (
          <p class="soft">It is popular. The model knows no item of the history.</p>
        ) : attention === undefined || chosen.reasons === undefined ? (
          <p class="soft">
            A {kind} model does not say what a list is due to. Leave out items of the history to see what they do.
          </p>
        ) : (
          <Reasons chosen={chosen} attention={attention} titleOf={titleOf} />
        )}
      </section>
      <section aria-labelledby="similar">
        <h2 id="similar">Similar items</h2>
        <p class="soft small">By the cosine of their embeddings.</p>
        {similar.problem !== undefined && <p class="problem">{similar.problem}</p>}
        <ol class="list" aria-busy={similar.isWaiting}>
          {similar.answer?.items.map(({ item, title, cosine }) => (
            <li key={item}>
              <span class="name">{title}</span>
              <span class="score num">{cosine.toFixed(3)}</span>
              <button
                type="button"
                aria-label={`Add ${title} to the history`}
                title="Add to the history"
                onClick={() => onAdd({ item, title })}
              >
                +
              </button>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
};

const Reasons = ({
  chosen,
  attention,
  titleOf,
}: {
  chosen: RecommendedItem;
  attention: Attention;
  titleOf: (item: string) => string;
}) => {
  const { seen, rollout, weights } = attention;
  const shares = new Map(chosen.reasons?.map(({ item, share }) => [item, share]));
  const heads = weights.flatMap((block, b) =>
    block.map((values, h) => ({
      name: block.length === 1 ? `Block ${b + 1}` : `Block ${b + 1}, head ${h + 1}`,
      values,
    })),
  );
  // Newest first; an item that comes twice has its share at its newest place.
  const places = seen.map((_, place) => place).reverse();
  const shareAt = (place: number) => (seen.lastIndexOf(seen[place]) === place ? (shares.get(seen[place]) ?? 0) : 0);
  return (
    <>
      {shares.size === 0 && <p>No item of the history is like it.</p>}
      <table class="reasons">
        <thead>
          <tr>
            <th scope="col">History, newest first</th>
            <th scope="col" class="num">
              Share
            </th>
            <th scope="col" class="num">
              Attention
            </th>
          </tr>
        </thead>
        <tbody>
          {places.map((place) => (
            <tr key={place}>
              <th scope="row">{titleOf(seen[place])}</th>
              <td class="num">
                <Bar share={shareAt(place)} />
              </td>
              <td class="num">
                <Bar share={rollout[place]} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <details>
        <summary>What these mean</summary>
        <p>
          <em>Attention</em> is how much the newest state of the model looks at an item, over all blocks and heads
          (attention rollout). It is the same for all recommendations. The <em>share</em> of an item in this
          recommendation is its attention times how like the recommended item it is, of the sum over the history. They
          say what the model looked at, not what would change without an item: for that, leave the item out of the
          history.
        </p>
      </details>
      {heads.length > 0 && (
        <details>
          <summary>Attention of the newest item by block and head</summary>
          <Scroll label="Attention by block and head">
            <table class="heads">
              <thead>
                <tr>
                  <th scope="col">History</th>
                  {heads.map(({ name }) => (
                    <th key={name} scope="col" class="num">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {places.map((place) => (
                  <tr key={place}>
                    <th scope="row">{titleOf(seen[place])}</th>
                    {heads.map(({ name, values }) => (
                      <td key={name} class="num">
                        <Bar share={values[place]} />
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </details>
      )}
    </>
  );
};

const Bar = ({ share }: { share: number }) => (
  <span class="share">
    <span class="fill" style={{ width: `${100 * share}%` }} />
    <span class="text">{share === 0 ? '–' : formatShare(share)}</span>
  </span>
);
