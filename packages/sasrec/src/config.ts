import { parseOptions } from '@recsys/errors';
import type { FilledIn, InitializerName, Wiring } from '@recsys/layers';
import type { Id, IdMap } from '@recsys/model';
import { SASRecError } from './errors.js';
import { optionRules } from './option-rules.js';

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
  /** Distribution of the initial weights. Default `glorotUniform`, as in the authors' code. */
  initializer?: InitializerName | undefined;
  /** Added to the variance in layer norms, > 0. Default 1e-8. */
  normEpsilon?: number | undefined;
  /** Seed of the initial weights and of dropout. Default 0. */
  seed?: number | undefined;
}

/** The options of a SASRec, every default filled in. */
export type SASRecConfig<OwnId extends Id = Id> = FilledIn<SASRecOptions<OwnId>>;

/**
 * Returns options with the paper's defaults filled in.
 * @throws {SASRecError} naming the option and the value, for an unknown option or one out of range; `too-large` when the weights cannot be held.
 */
export const resolveConfig = <OwnId extends Id>(options: SASRecOptions<OwnId>): SASRecConfig<OwnId> => {
  const config = parseOptions<SASRecConfig>('SASRec', optionRules, options, { ErrorClass: SASRecError }) as SASRecConfig<OwnId>;
  const { hiddenUnits, numHeads, numBlocks, catalog } = config;
  if (hiddenUnits % numHeads !== 0) {
    throw new SASRecError(
      'bad-option',
      `SASRec: hiddenUnits (${hiddenUnits}) must be divisible by numHeads (${numHeads})`,
    );
  }
  const weights = fewestWeights(config);
  if (weights > maxWeights) {
    throw new SASRecError(
      'too-large',
      `SASRec: hiddenUnits ${hiddenUnits} with ${numBlocks} blocks and ${catalog.ids.length} items make ${weights.toExponential(1)} weights; at most 2^30 (4 GiB) can be held`,
    );
  }
  return config;
};

/** Returns how many weights a SASRec has at least: all but those of biases and layer norms. */
export const fewestWeights = ({
  catalog,
  hiddenUnits,
  numBlocks,
  maxLength,
  positions,
  sharedItemEmbedding,
}: SASRecConfig): number => {
  const rows = (catalog.ids.length + 1) * (sharedItemEmbedding ? 1 : 2) + (positions ? maxLength : 0);
  return hiddenUnits * (rows + 5 * numBlocks * hiddenUnits);
};

/** What fits in the 32-bit addresses of WebAssembly, as float32. */
const maxWeights = 2 ** 30;
