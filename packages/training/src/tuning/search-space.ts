import type { Rng } from '@recsys/data';
import { z } from 'zod';

const settingSchema = z.union([z.number(), z.string(), z.boolean()]);
export const settingsSchema = z.record(z.string(), settingSchema);

/** Settings of a trial by name: plain JSON. */
export type Settings = Readonly<Record<string, number | string | boolean>>;

const range = { low: z.number(), high: z.number() };
export const spaceSchema = z.record(
  z.string(),
  z.discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('log'), ...range })
      .refine(({ low, high }) => low > 0 && high >= low, 'must have 0 < low <= high'),
    z
      .strictObject({ kind: z.literal('linear'), ...range })
      .refine(({ low, high }) => high >= low, 'must have low <= high'),
    z.strictObject({ kind: z.literal('choice'), values: z.array(z.union([settingSchema, settingsSchema])).min(1) }),
  ]),
);

/**
 * What one setting may be:
 * - `log`: a number from `low` to `high`, each factor equally likely, such as a learning rate.
 * - `linear`: a number from `low` to `high`, each equally likely.
 * - `choice`: one of `values`. A value that is an object has settings that go together, such as a loss and its number of negatives; those
 *   take the place of all that another value of the choice would set.
 */
export type Dimension =
  | { readonly kind: 'log' | 'linear'; readonly low: number; readonly high: number }
  | { readonly kind: 'choice'; readonly values: readonly (Settings[string] | Settings)[] };

/** The settings to draw, by name. */
export type SearchSpace = Readonly<Record<string, Dimension>>;

/** Significant digits of numbers that are drawn: more would not matter, and make them hard to read. */
const digits = 3;

/** Returns settings with a value for each dimension of a space; `choose` says which. */
export const settingsWith = (
  space: SearchSpace,
  start: Settings,
  choose: (dimension: Dimension, name: string) => Settings[string] | Settings,
): Settings => {
  const chosen: Record<string, Settings[string]> = { ...start };
  for (const [name, dimension] of Object.entries(space)) {
    const value = choose(dimension, name);
    if (typeof value !== 'object') {
      chosen[name] = value;
      continue;
    }
    for (const other of dimension.kind === 'choice' ? dimension.values : [])
      if (typeof other === 'object') for (const key of Object.keys(other)) delete chosen[key];
    Object.assign(chosen, value);
  }
  return chosen;
};

/** Returns a number without digits that do not matter. */
export const rounded = (value: number): number => Number(value.toPrecision(digits));

/** Returns settings with those of the space drawn at random; one number of the stream for each dimension. */
export const drawSettings = (space: SearchSpace, start: Settings, rng: Rng): Settings =>
  settingsWith(space, start, (dimension) =>
    dimension.kind === 'choice'
      ? dimension.values[rng.below(dimension.values.length)]
      : rounded(between(dimension, rng.float())),
  );

/** Returns the number at a share of the way from `low` to `high`. */
const between = ({ kind, low, high }: { kind: 'log' | 'linear'; low: number; high: number }, share: number): number =>
  kind === 'log' ? low * (high / low) ** share : low + (high - low) * share;

/** Losses that are worth a try, and how many negatives; see `createLoss`. */
const losses: readonly Settings[] = [
  { loss: 'bce', numNegatives: 1 },
  { loss: 'gbce', numNegatives: 64 },
  { loss: 'gbce', numNegatives: 256 },
  { loss: 'sampled-softmax', numNegatives: 64 },
  { loss: 'sampled-softmax', numNegatives: 256 },
  { loss: 'cross-entropy' },
];

/** The largest catalog over which `cross-entropy` is tried: its time and memory grow with the catalog. */
const largestFullCatalog = 50_000;

/**
 * Returns a search space around settings, for those that it knows and the settings have: `hiddenUnits` and `maxLength` from half to twice,
 * `numBlocks` one less or more, `dropoutRate` 0.3 less or more, in 0 .. 0.8, `learningRate` a quarter to four times, and `loss` with
 * `numNegatives`: bce, gbce, sampled-softmax and cross-entropy.
 *
 * @param options.numItems size of the catalog: it bounds the number of negatives, and a large one leaves out `cross-entropy`.
 * @param options.numHeads the widths are multiples of it. Default 1.
 * @example
 * spaceAround({ hiddenUnits: 64, learningRate: 0.001 }, { numItems: 3416 });
 * // { hiddenUnits: { kind: 'choice', values: [32, 64, 128] }, learningRate: { kind: 'log', low: 0.00025, high: 0.004 } }
 */
export const spaceAround = (
  start: Settings,
  { numItems, numHeads = 1 }: { numItems: number; numHeads?: number | undefined },
): SearchSpace => {
  const multiple = (value: number) => Math.max(1, Math.round(value / numHeads)) * numHeads;
  const choice = (values: readonly number[]): Dimension => ({ kind: 'choice', values: [...new Set(values)] });
  const around: Record<string, (value: number) => Dimension> = {
    hiddenUnits: (units) => choice([multiple(units / 2), units, multiple(units * 2)]),
    numBlocks: (blocks) => choice([Math.max(1, blocks - 1), blocks, blocks + 1]),
    maxLength: (length) => choice([Math.max(1, Math.round(length / 2)), length, length * 2]),
    dropoutRate: (rate) => ({
      kind: 'linear',
      low: Math.max(0, rate - 0.3),
      high: Math.max(rate, Math.min(0.8, rate + 0.3)),
    }),
    learningRate: (rate) => ({ kind: 'log', low: rate / 4, high: rate * 4 }),
  };
  const space: Record<string, Dimension> = {};
  for (const [name, dimension] of Object.entries(around)) {
    const value = start[name];
    if (typeof value === 'number') space[name] = dimension(value);
  }
  if (start.loss !== undefined) space.loss = { kind: 'choice', values: lossesFor(start, numItems) };
  return space;
};

/** Returns the loss of the settings, and others that suit a catalog, each once. */
const lossesFor = (start: Settings, numItems: number): Settings[] => {
  const keys = ['loss', 'numNegatives', 'calibration', 'logQ'].filter((key) => start[key] !== undefined);
  const own: Settings = Object.fromEntries(keys.map((key) => [key, start[key]]));
  const fitting = losses
    .filter((other) => other.loss !== 'cross-entropy' || numItems <= largestFullCatalog)
    .map((other) =>
      other.numNegatives === undefined
        ? other
        : { ...other, numNegatives: Math.min(Number(other.numNegatives), Math.max(1, numItems - 1)) },
    );
  return [...new Map([own, ...fitting].map((value) => [JSON.stringify(value), value])).values()];
};
