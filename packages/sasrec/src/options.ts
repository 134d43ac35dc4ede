import type { FilledIn, InitializerName, Wiring } from '@recsys/layers';
import type { Id, IdMap } from '@recsys/model';

/** What a SASRec is built from; defaults are the paper's. */
export interface SASRecOptions<OwnId extends Id = Id> {
  /** The items that the model knows: `split.catalog`. */
  catalog: IdMap<OwnId>;
  /** Order of layer norm, residual connection and sublayer in a block; see `Wiring`. Default `paper`. */
  wiring?: Wiring | undefined;
  /** How many of the newest items of a history the model sees, >= 1. Default 50. */
  maxLength?: number | undefined;
  /** Width of embeddings and blocks, >= 1. Default 50. */
  hiddenUnits?: number | undefined;
  /** Number of transformer blocks, 0 to 1,000. Default 2. */
  numBlocks?: number | undefined;
  /** Number of attention heads; `hiddenUnits` must be divisible by it. Default 1. */
  numHeads?: number | undefined;
  /** Probability to drop an element of embeddings, attention weights and feed-forward layers in training, in [0, 1). Default 0.5. */
  dropoutRate?: number | undefined;
  /** Whether positions are embedded; false is an ablation of the paper. Default true. */
  positions?: boolean | undefined;
  /** Whether scores use the input embedding of items; false, an ablation of the paper, trains another one. Default true. */
  sharedItemEmbedding?: boolean | undefined;
  /** Whether blocks have residual connections; false is an ablation of the paper. Default true. */
  residuals?: boolean | undefined;
  /** How a state is compared with an item: `dot`, their dot product, or `cosine`, over `temperature`. Default `dot`, as in the paper. */
  similarity?: 'dot' | 'cosine' | undefined;
  /** What cosines are divided by, > 0. Default 0.05. */
  temperature?: number | undefined;
  /** Distribution of the initial weights. Default `glorotUniform`, as in the authors' code. */
  initializer?: InitializerName | undefined;
  /** Added to the variance in layer norms, > 0. Default 1e-8. */
  normEpsilon?: number | undefined;
  /** Seed of the initial weights and of dropout. Default 0. */
  seed?: number | undefined;
}

/** The options of a SASRec, every default filled in. */
export type SASRecConfig<OwnId extends Id = Id> = FilledIn<SASRecOptions<OwnId>>;
