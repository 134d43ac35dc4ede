import { catalogProblem, type IdMap, isCatalog } from '@recsys/model';
import { z } from 'zod';

/**
 * The options of an HSTU as a zod schema, with the description, the range and the default of each; for flags and forms. The model itself checks
 * its options by `optionRules`, so that a program that makes no use of this schema has no zod in its bundle.
 */
export const hstuSchema = /* @__PURE__ */ (() =>
  z.strictObject({
    catalog: z.custom<IdMap>(isCatalog, catalogProblem).describe('The items that the model knows: `split.catalog`.'),
    maxLength: z.int().min(1).default(50).describe('How many of the newest items of a history the model sees, >= 1.'),
    hiddenUnits: z.int().min(1).default(50).describe('Width of embeddings and blocks, >= 1.'),
    numBlocks: z.int().min(0).max(1000).default(2).describe('Number of blocks, 0 to 1,000.'),
    numHeads: z.int().min(1).default(1).describe('Number of attention heads, >= 1.'),
    attentionUnits: z
      .int()
      .min(1)
      .optional()
      .describe('Width of query and key per head, >= 1; absent: that of embeddings divided by the heads.'),
    linearUnits: z
      .int()
      .min(1)
      .optional()
      .describe('Width of value and gate per head, >= 1; absent: that of embeddings divided by the heads.'),
    timeBias: z
      .boolean()
      .default(true)
      .describe('Whether attention depends on the time between items; false: for data without times.'),
    dropoutRate: z
      .number()
      .min(0)
      .lt(1)
      .default(0.2)
      .describe(
        'Probability to drop an element of embeddings and of what each block projects, in training, in [0, 1).',
      ),
    similarity: z
      .enum(['cosine', 'dot'])
      .default('cosine')
      .describe('How a state is compared with an item: by their cosine over the temperature, or by their dot product.'),
    temperature: z.number().gt(0).default(0.05).describe('What cosines are divided by, > 0.'),
    normEpsilon: z.number().gt(0).default(1e-6).describe('Added to the variance in layer norms, > 0.'),
    seed: z.int().default(0).describe('Seed of the initial weights and of dropout.'),
  }))();
