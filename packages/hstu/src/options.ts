import type { FilledIn } from '@recsys/layers';
import type { Id, IdMap } from '@recsys/model';

/** What an HSTU is built from; defaults are those of the authors' code. */
export interface HSTUOptions<OwnId extends Id = Id> {
  /** The items that the model knows: `split.catalog`. */
  catalog: IdMap<OwnId>;
  /** How many of the newest items of a history the model sees, >= 1. Default 50. */
  maxLength?: number | undefined;
  /** Width of embeddings and blocks, >= 1. Default 50. */
  hiddenUnits?: number | undefined;
  /** Number of blocks, 0 to 1,000. Default 2. */
  numBlocks?: number | undefined;
  /** Number of attention heads, >= 1. Default 1. */
  numHeads?: number | undefined;
  /** Width of query and key per head, >= 1. Default `hiddenUnits / numHeads`, rounded up. */
  attentionUnits?: number | undefined;
  /** Width of value and gate per head, >= 1. Default `hiddenUnits / numHeads`, rounded up. */
  linearUnits?: number | undefined;
  /** Whether attention depends on the time between items; false for data without times. Default true. */
  timeBias?: boolean | undefined;
  /** Probability to drop an element of embeddings and of what each block projects, in training, in [0, 1). Default 0.2. */
  dropoutRate?: number | undefined;
  /** How a state is compared with an item: `cosine`, over `temperature`, or `dot`, their dot product. Default `cosine`. */
  similarity?: 'cosine' | 'dot' | undefined;
  /** What cosines are divided by, > 0. Default 0.05. */
  temperature?: number | undefined;
  /** Added to the variance in layer norms, > 0. Default 1e-6. */
  normEpsilon?: number | undefined;
  /** Seed of the initial weights and of dropout. Default 0. */
  seed?: number | undefined;
}

/** The options of an HSTU, every default filled in. */
export type HSTUConfig<OwnId extends Id = Id> = FilledIn<HSTUOptions<OwnId>>;
