import { type ScoredList, type Scoring, ServeError } from '@recsys/serve/scoring';
import { StudioError } from '../errors.js';
import type { ItemFilter, ListAnswer, ModelAnswer, NamedItem, SimilarAnswer } from '../protocol/index.js';
import { attributeInfos } from './attribute-infos.js';
import { ItemNames } from './item-names.js';
import type { ItemTable } from './item-table.js';

/** What a list is made for. */
interface ListFor {
  readonly history: readonly string[];
  readonly k: number;
  readonly exclude: readonly string[];
  readonly filter?: ItemFilter | undefined;
  readonly gap: number;
}

/** A model that answers, with the names of its items. */
export class OpenModel {
  readonly #scoring: Scoring;
  readonly #names: ItemNames;
  readonly info: ModelAnswer;

  constructor(run: string, scoring: Scoring, table: ItemTable) {
    this.#scoring = scoring;
    this.#names = new ItemNames(scoring.catalog, table);
    const { kind, items, maxLength, usesTimes, version, backend } = scoring.info;
    const checkpoint = version.replace(/-[0-9a-f]{8}$/, '');
    const attributes = attributeInfos(scoring.catalog, table);
    this.info = { run, kind, items, maxLength, usesTimes, checkpoint, backend, names: table.said, attributes };
  }

  search(query: string, limit: number): NamedItem[] {
    return this.#names.search(query, limit);
  }

  /** @throws {StudioError} `bad-request` when the model cannot make the list. */
  async list({ history, k, exclude, filter, gap }: ListFor): Promise<ListAnswer> {
    const times = history.map((_, i) => i * gap);
    const { items, why, fallback } = await said(
      this.#scoring.explain(history, { k, exclude, filter, times, at: history.length * gap }),
    );
    return {
      history: history.map((id) => ({ ...this.#names.named(id), known: this.#names.isKnown(id) })),
      items: items.map(({ item, score }, i) => ({
        ...this.#names.named(item),
        score,
        ...(why && { reasons: why.reasons[i].map((reason) => ({ item: String(reason.item), share: reason.share })) }),
      })),
      ...(why && { attention: { seen: why.seen.map(String), rollout: why.rollout, weights: why.attention } }),
      popular: fallback,
    };
  }

  /** @throws {StudioError} `bad-request` when the model does not know the item. */
  async similar(item: string, k: number): Promise<SimilarAnswer> {
    const { items } = await said(this.#scoring.similar(item, k));
    return { items: items.map((similar) => ({ ...this.#names.named(similar.item), cosine: similar.score })) };
  }

  close(): Promise<void> {
    return this.#scoring.close();
  }
}

/** Passes an answer of the model on; what it refuses is an error of the studio. */
const said = async (answer: Promise<ScoredList>): Promise<ScoredList> => {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    throw new StudioError('bad-request', `the model cannot answer: ${error.problem}`, { cause: error });
  }
};
