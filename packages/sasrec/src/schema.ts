import { activationNames, type Wiring, wiringNames } from '@recsys/layers';
import { catalogProblem, type IdMap, type ItemFeatures, isCatalog } from '@recsys/model';
import { z } from 'zod';
import { featuresProblem, isFeatures } from './option-rules.js';
import type { FeatureSizes } from './options.js';

/**
 * The options of a SASRec as a zod schema, with the description, the range and the default of each; for flags and forms. The model itself
 * checks its options by `optionRules`, so that a program that makes no use of this schema has no zod in its bundle.
 */
export const sasrecSchema = /* @__PURE__ */ (() =>
  z.strictObject({
    catalog: z.custom<IdMap>(isCatalog, catalogProblem).describe('The items that the model knows: `split.catalog`.'),
    wiring: z
      .enum(wiringNames as readonly [Wiring, ...Wiring[]])
      .default('paper')
      .describe('Order of layer norm, residual connection and sublayer in a block.'),
    maxLength: z.int().min(1).default(50).describe('How many of the newest items of a history the model sees, >= 1.'),
    hiddenUnits: z.int().min(1).default(50).describe('Width of embeddings and blocks, >= 1.'),
    numBlocks: z.int().min(0).max(1000).default(2).describe('Number of transformer blocks, 0 to 1,000.'),
    numHeads: z.int().min(1).default(1).describe('Number of attention heads; the width must be divisible by it.'),
    feedForwardUnits: z
      .int()
      .min(1)
      .optional()
      .describe(
        'Width of the hidden layer of feed-forward networks, >= 1; by default that of the blocks, with the wiring `ligr` four times that.',
      ),
    activation: z
      .enum(activationNames)
      .optional()
      .describe(
        'What feed-forward networks have between their layers; by default `relu`, with the wiring `ligr` `swiglu`.',
      ),
    dropoutRate: z
      .number()
      .min(0)
      .lt(1)
      .default(0.5)
      .describe(
        'Probability to drop an element of embeddings, attention weights and feed-forward layers in training, in [0, 1).',
      ),
    positions: z
      .union([z.boolean(), z.enum(['sinusoidal'])])
      .default(true)
      .describe(
        'Whether positions are embedded: true, by learned weights; `sinusoidal`, by fixed sines and cosines; false is an ablation of the paper.',
      ),
    sharedItemEmbedding: z
      .boolean()
      .default(true)
      .describe(
        'Whether scores use the input embedding of items; false, an ablation of the paper, trains another one.',
      ),
    residuals: z
      .boolean()
      .default(true)
      .describe('Whether blocks have residual connections; false is an ablation of the paper.'),
    similarity: z
      .enum(['dot', 'cosine'])
      .default('dot')
      .describe('How a state is compared with an item: by their dot product, or by their cosine over the temperature.'),
    temperature: z.number().gt(0).default(0.05).describe('What cosines are divided by, > 0.'),
    initializer: z
      .enum(['glorotUniform', 'glorotNormal', 'normal'])
      .default('glorotUniform')
      .describe('Distribution of the initial weights.'),
    normEpsilon: z.number().gt(0).default(1e-8).describe('Added to the variance in layer norms, > 0.'),
    seed: z.int().default(0).describe('Seed of the initial weights and of dropout.'),
    features: z
      .custom<ItemFeatures | FeatureSizes>(isFeatures, featuresProblem)
      .optional()
      .describe('Features of items, from `readItemFeatures`, which new items are recommended by.'),
  }))();
