import { parseOptions } from '@recsys/errors';
import type { Id } from '@recsys/model';
import { SASRecError } from './errors.js';
import { optionRules } from './option-rules.js';
import type { SASRecConfig, SASRecOptions } from './options.js';

/**
 * Returns options with the paper's defaults filled in.
 * @throws {SASRecError} naming the option and the value, for an unknown option or one out of range; `too-large` when the weights cannot be held.
 */
export const resolveConfig = <OwnId extends Id>(options: SASRecOptions<OwnId>): SASRecConfig<OwnId> => {
  const config = parseOptions<SASRecConfig>('SASRec', optionRules, options, {
    ErrorClass: SASRecError,
  }) as SASRecConfig<OwnId>;
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
