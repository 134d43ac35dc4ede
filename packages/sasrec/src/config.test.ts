import { itemIds } from '@recsys/data';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { resolveConfig, type SASRecConfig, type SASRecOptions, sasrecSchema } from './config.js';

describe('the options of SASRec', () => {
  it('are those of the schema, in name and type', () => {
    expectTypeOf<SASRecOptions>().toEqualTypeOf<z.input<typeof sasrecSchema>>();
    expectTypeOf<SASRecConfig>().toEqualTypeOf<Readonly<z.output<typeof sasrecSchema>>>();
  });

  it('each have a description', () => {
    for (const [name, option] of Object.entries(sasrecSchema.shape))
      expect(option.description, name).toMatch(/^\w.*\.$/);
  });

  it('have the defaults of the paper', () => {
    const catalog = itemIds(['a']);
    expect(resolveConfig({ catalog })).toEqual({
      catalog,
      wiring: 'paper',
      maxLength: 50,
      hiddenUnits: 50,
      numBlocks: 2,
      numHeads: 1,
      dropoutRate: 0.5,
      positions: true,
      sharedItemEmbedding: true,
      residuals: true,
      initializer: 'glorotUniform',
      normEpsilon: 1e-8,
      seed: 0,
    });
  });
});
