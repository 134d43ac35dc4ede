import { parseOptions } from '@recsys/errors';
import type { Id } from '@recsys/model';
import { HSTUError } from './errors.js';
import { optionRules } from './option-rules.js';
import type { HSTUConfig, HSTUOptions } from './options.js';

/**
 * Returns options with the defaults filled in.
 * @throws {HSTUError} naming the option and the value, for an unknown option or one out of range; `too-large` when the weights cannot be held.
 */
export const resolveConfig = <OwnId extends Id>(options: HSTUOptions<OwnId>): HSTUConfig<OwnId> => {
  const parsed = parseOptions('HSTU', optionRules, options, { ErrorClass: HSTUError }) as HSTUConfig<OwnId>;
  const { hiddenUnits, numHeads, numBlocks, catalog } = parsed;
  const perHead = Math.ceil(hiddenUnits / numHeads);
  const config = {
    ...parsed,
    attentionUnits: parsed.attentionUnits ?? perHead,
    linearUnits: parsed.linearUnits ?? perHead,
  };
  const weights = fewestWeights(config);
  if (weights > maxWeights) {
    throw new HSTUError(
      'too-large',
      `HSTU: hiddenUnits ${hiddenUnits} with ${numBlocks} blocks and ${catalog.ids.length} items make ${weights.toExponential(1)} weights; at most 2^30 (4 GiB) can be held`,
    );
  }
  return config;
};

/** Returns how many weights an HSTU has at least: all but those of biases. */
export const fewestWeights = ({
  catalog,
  hiddenUnits,
  numBlocks,
  numHeads,
  attentionUnits,
  linearUnits,
  maxLength,
}: HSTUConfig): number =>
  hiddenUnits * (catalog.ids.length + 1 + maxLength + numBlocks * numHeads * (2 * attentionUnits + 3 * linearUnits));

/** What fits in the 32-bit addresses of WebAssembly, as float32. */
const maxWeights = 2 ** 30;
