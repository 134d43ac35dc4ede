import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { AdamOptions } from '../optimizers/index.js';
import {
  adamSchema,
  type FitOptions,
  type fitSchema,
  fitSettingsSchema,
  type ValidationOptions,
  validationSchema,
  type WeightAverageOptions,
  weightAverageSchema,
} from './fit-options.js';

describe('the options of fit', () => {
  it('are those of the schemas, in name and type', () => {
    expectTypeOf<AdamOptions>().toEqualTypeOf<z.input<typeof adamSchema>>();
    expectTypeOf<ValidationOptions>().toEqualTypeOf<z.input<typeof validationSchema>>();
    expectTypeOf<WeightAverageOptions>().toEqualTypeOf<z.input<typeof weightAverageSchema>>();
    expectTypeOf<FitOptions>().toEqualTypeOf<z.input<typeof fitSchema>>();
  });

  it('each have a description', () => {
    for (const { shape } of [fitSettingsSchema, validationSchema, adamSchema, weightAverageSchema])
      for (const [name, option] of Object.entries(shape)) expect(option.description, name).toMatch(/^[A-Z].*\.$/);
  });

  it('say the same in the schema and in the type that an editor shows', async () => {
    const { readFileSync } = await import('node:fs');
    const source = readFileSync(new URL('./fit-options.ts', import.meta.url), 'utf8').replaceAll(
      /\s*\n\s*\*(?=[ /])/g,
      '',
    );
    for (const { shape } of [fitSettingsSchema, validationSchema, weightAverageSchema])
      for (const [name, { description }] of Object.entries(shape))
        expect(source, name).toContain(`/** ${description!.slice(0, -1)}`);
  });

  it('are off by false, never by null', () => {
    const off = { epochs: 1, seed: 1, clipNorm: false, validation: { patience: false } };
    expect(fitSettingsSchema.safeParse(off).success).toBe(true);
    expect(fitSettingsSchema.safeParse({ ...off, clipNorm: null }).success).toBe(false);
    expect(fitSettingsSchema.safeParse({ ...off, validation: { patience: null } }).success).toBe(false);
    expect(z.toJSONSchema(fitSettingsSchema, { io: 'input', unrepresentable: 'any' }).required).toEqual([
      'epochs',
      'seed',
    ]);
  });
});
