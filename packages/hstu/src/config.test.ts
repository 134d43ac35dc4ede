import { itemIds } from '@recsys/data';
import { parseOptions } from '@recsys/errors';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { optionCases, resultOf } from '../../../test/support/option-cases.js';
import { resolveConfig } from './config.js';
import { HSTUError } from './errors.js';
import type { HSTUConfig, HSTUOptions } from './options.js';
import { hstuSchema } from './schema.js';

/** Options whose defaults depend on others, so that the model fills them in and the schema does not. */
type Late = 'attentionUnits' | 'linearUnits';

describe('the options of HSTU', () => {
  it('are those of the schema, in name and type', () => {
    expectTypeOf<HSTUOptions>().toEqualTypeOf<z.input<typeof hstuSchema>>();
    type Output = Readonly<Required<z.output<typeof hstuSchema>>>;
    expectTypeOf<Omit<HSTUConfig, Late>>().toEqualTypeOf<Omit<Output, Late>>();
  });

  it('each have a description', () => {
    for (const [name, option] of Object.entries(hstuSchema.shape)) expect(option.description, name).toMatch(/^\w.*\.$/);
  });

  it('have the defaults of the authors', () => {
    const catalog = itemIds(['a']);
    expect(resolveConfig({ catalog })).toEqual({
      catalog,
      maxLength: 50,
      hiddenUnits: 50,
      numBlocks: 2,
      numHeads: 1,
      attentionUnits: 50,
      linearUnits: 50,
      timeBias: true,
      dropoutRate: 0.2,
      similarity: 'cosine',
      temperature: 0.05,
      normEpsilon: 1e-6,
      seed: 0,
    });
    const { attentionUnits, linearUnits } = resolveConfig({ catalog, hiddenUnits: 64, numHeads: 4, linearUnits: 3 });
    expect([attentionUnits, linearUnits]).toEqual([16, 3]);
  });

  const cases = optionCases(Object.keys(hstuSchema.shape), ['cosine', 'dot', 'other']);

  it.each(cases)('are taken and refused by the model as by the schema: %o', (options) => {
    const bySchema = resultOf(() => parseOptions('HSTU', hstuSchema, options, { ErrorClass: HSTUError }));
    const byModel = resultOf(() => resolveConfig(options as HSTUOptions));
    // What depends on several options is no part of the schema.
    const isJoint = typeof byModel === 'string' && /can be held/.test(byModel);
    if (isJoint) expect(bySchema).not.toBeTypeOf('string');
    else if (typeof byModel === 'string') expect(byModel).toBe(bySchema);
    else expect(byModel).toMatchObject(JSON.parse(JSON.stringify(bySchema))); // without those that are undefined
  });
});
