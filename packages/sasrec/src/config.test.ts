import { itemIds } from '@recsys/data';
import { parseOptions } from '@recsys/errors';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
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

  const catalog = itemIds(['a']);
  const numbers = [-1, 0, 0.5, 1, 3, 1000, 1001, 2 ** 60, -(2 ** 60), Number.NaN, Number.POSITIVE_INFINITY];
  const others = ['paper', 'normal', 'other', true, false, null, [], {}, 3n, undefined];
  const cases = Object.keys(sasrecSchema.shape).flatMap((name) =>
    [...numbers, ...others].map((value) => ({ catalog, [name]: value })),
  );
  const wholes = [
    undefined,
    null,
    'a',
    [],
    {},
    { catalog, epochs: 1 },
    { epochs: 1, maxLength: 0 },
    { catalog: itemIds([]) },
  ];

  it.each([...cases, ...wholes])('are taken and refused by the model as by the schema: %o', (options) => {
    const resultOf = (resolve: () => unknown) => {
      try {
        return resolve();
      } catch (error) {
        return (error as Error).message;
      }
    };
    const bySchema = resultOf(() => parseOptions('SASRec', sasrecSchema, options, { ErrorClass: SASRecError }));
    const byModel = resultOf(() => resolveConfig(options as SASRecOptions));
    // What depends on several options is no part of the schema.
    const isJoint =
      typeof byModel === 'string' && /must be divisible|embeddingDropout is for|can be held/.test(byModel);
    if (isJoint) expect(bySchema).not.toBeTypeOf('string');
    else expect(byModel).toEqual(bySchema);
  });
});
