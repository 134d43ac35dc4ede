import { itemIds } from '@recsys/data';
import { parseOptions } from '@recsys/errors';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { optionCases, resultOf } from '../../../test/support/option-cases.js';
import { resolveConfig } from './config.js';
import { SASRecError } from './errors.js';
import type { SASRecConfig, SASRecOptions } from './options.js';
import { sasrecSchema } from './schema.js';

describe('the options of SASRec', () => {
  it('are those of the schema, in name and type', () => {
    expectTypeOf<SASRecOptions>().toEqualTypeOf<z.input<typeof sasrecSchema>>();
    type Output = Readonly<z.output<typeof sasrecSchema>>;
    expectTypeOf<keyof SASRecConfig>().toEqualTypeOf<keyof Output>();
    expectTypeOf<SASRecConfig>().toExtend<Output>();
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
      similarity: 'dot',
      temperature: 0.05,
      initializer: 'glorotUniform',
      normEpsilon: 1e-8,
      seed: 0,
    });
  });

  const cases = optionCases(Object.keys(sasrecSchema.shape), [
    'paper',
    'ligr',
    'normal',
    'gelu',
    'sinusoidal',
    'other',
  ]);

  it.each(cases)('are taken and refused by the model as by the schema: %o', (options) => {
    const bySchema = resultOf(() => parseOptions('SASRec', sasrecSchema, options, { ErrorClass: SASRecError }));
    const byModel = resultOf(() => resolveConfig(options as SASRecOptions));
    // What depends on several options is no part of the schema.
    const isJoint = typeof byModel === 'string' && /must be divisible|can be held/.test(byModel);
    if (isJoint) expect(bySchema).not.toBeTypeOf('string');
    else expect(byModel).toEqual(bySchema);
  });
});
