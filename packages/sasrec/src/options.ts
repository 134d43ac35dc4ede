import type { Activation, FilledIn, InitializerName, Wiring } from '@recsys/layers';
import type { FeatureLayout, Id, IdMap, ItemFeatures } from '@recsys/model';

/** What the configuration of a model says of its item features: plain JSON. The features themselves are saved with the weights. */
export interface FeatureSizes extends FeatureLayout {
  /** Number of entries of the sparse features of all items of the catalog. */
  readonly numEntries: number;
}

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
  /** Width of the hidden layer of feed-forward networks, >= 1. Default `hiddenUnits`, as in the paper; with the wiring `ligr` four times that. */
  feedForwardUnits?: number | undefined;
  /** What feed-forward networks have between their layers; see `Activation`. Default `relu`, as in the paper; with the wiring `ligr` `swiglu`. */
  activation?: Activation | undefined;
  /** Probability to drop an element of embeddings, attention weights and feed-forward layers in training, in [0, 1). Default 0.5. */
  dropoutRate?: number | undefined;
  /**
   * Whether positions are embedded: true, by weights that are learned, as in the paper; `sinusoidal`, by sines and cosines of fixed wavelengths
   * (Vaswani et al. 2017, section 3.5); false is an ablation of the paper. Default true.
   */
  positions?: boolean | 'sinusoidal' | undefined;
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
  /**
   * Features of items, from `readItemFeatures`: the vector of an item is its embedding plus projections of its features, for inputs and for scores.
   * Items of the catalog that training does not see have the vector that their features predict, so new items can be recommended. Needs
   * `sharedItemEmbedding`. Default none.
   */
  features?: ItemFeatures | FeatureSizes | undefined;
}

/**
 * The options of a SASRec, every default filled in. Those whose defaults depend on other options are there if they were given, those of features
 * if it has any.
 */
export type SASRecConfig<OwnId extends Id = Id> = FilledIn<
  Omit<SASRecOptions<OwnId>, 'feedForwardUnits' | 'activation' | 'features'>
> & {
  readonly feedForwardUnits?: number;
  readonly activation?: Activation;
  readonly features?: FeatureSizes;
};
