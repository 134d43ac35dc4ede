import { type InitializerName, type Wiring, wiringNames } from '@recsys/layers';
import type { IdMap } from '@recsys/model';
import { z } from 'zod';
import { SASRecError } from './errors.js';

const idMapSchema = z.custom<IdMap>(
  (value) =>
    Array.isArray((value as IdMap | undefined)?.ids) && (value as IdMap).first === 1 && (value as IdMap).ids.length > 0,
  'must be a non-empty map of item ids, such as split.catalog',
);

const configSchema = z.strictObject({
  catalog: idMapSchema,
  wiring: z.enum(wiringNames as readonly [Wiring, ...Wiring[]]).default('paper'),
  maxLength: z.int().min(1).default(50),
  hiddenUnits: z.int().min(1).default(50),
  numBlocks: z.int().min(0).default(2),
  numHeads: z.int().min(1).default(1),
  dropoutRate: z.number().min(0).lt(1).default(0.5),
  positions: z.boolean().default(true),
  sharedItemEmbedding: z.boolean().default(true),
  residuals: z.boolean().default(true),
  initializer: z.enum(['glorotUniform', 'glorotNormal', 'normal']).default('glorotUniform'),
  normEpsilon: z.number().gt(0).default(1e-8),
  seed: z.int().default(0),
});

/** What a SASRec is built from; defaults are the paper's. */
export interface SASRecOptions {
  /** The catalog: `split.catalog`. */
  catalog: IdMap;
  /** How a block is wired; see `Wiring`. Default `paper`. */
  wiring?: Wiring;
  /** How many of the newest items of a history the model sees, >= 1. Default 50. */
  maxLength?: number;
  /** Width of embeddings and blocks, >= 1. Default 50. */
  hiddenUnits?: number;
  /** Number of transformer blocks, >= 0. Default 2. */
  numBlocks?: number;
  /** Attention heads; divides `hiddenUnits`. Default 1. */
  numHeads?: number;
  /** Of embeddings, attention weights and feed-forward layers, in [0, 1). Default 0.5. */
  dropoutRate?: number;
  /** Whether positions are embedded; false is an ablation of the paper. Default true. */
  positions?: boolean;
  /** Whether scores use the input embedding of items; false, an ablation of the paper, trains another one. Default true. */
  sharedItemEmbedding?: boolean;
  /** Whether blocks have residual connections; false is an ablation of the paper. Default true. */
  residuals?: boolean;
  /** How weights start. Default `glorotUniform`, as in the authors' code. */
  initializer?: InitializerName;
  /** Of the layer norms, > 0. Default 1e-8. */
  normEpsilon?: number;
  /** Names the start and the dropout masks. Default 0. */
  seed?: number;
}

/** The options of a SASRec, every default filled in. */
export type SASRecConfig = Readonly<Required<SASRecOptions>>;

/**
 * Returns options with the paper's defaults filled in.
 * @throws {SASRecError} naming the option and the value, for an unknown option or one out of range.
 */
export const resolveConfig = (options: SASRecOptions): SASRecConfig => {
  const result = configSchema.safeParse(options);
  if (!result.success) {
    const [issue] = result.error.issues;
    const option = issue!.path.join('.');
    if (issue!.code === 'unrecognized_keys')
      throw new SASRecError('bad-option', `SASRec: unknown option ${issue!.keys.join(', ')}`);
    const value = options[option as keyof SASRecOptions];
    throw new SASRecError(
      'bad-option',
      `SASRec: ${option}: ${issue!.message}, got ${JSON.stringify(value) ?? String(value)}`,
    );
  }
  const { hiddenUnits, numHeads, numBlocks, maxLength, catalog, sharedItemEmbedding } = result.data;
  if (hiddenUnits % numHeads !== 0) {
    throw new SASRecError(
      'bad-option',
      `SASRec: hiddenUnits (${hiddenUnits}) must be divisible by numHeads (${numHeads})`,
    );
  }
  const rows = (catalog.ids.length + 1) * (sharedItemEmbedding ? 1 : 2) + maxLength;
  const weights = hiddenUnits * (rows + 5 * numBlocks * hiddenUnits);
  if (weights > maxWeights) {
    throw new SASRecError(
      'bad-option',
      `SASRec: hiddenUnits ${hiddenUnits} with ${numBlocks} blocks and ${catalog.ids.length} items make ${weights.toExponential(1)} weights; at most 2^30 (4 GiB) can be held`,
    );
  }
  return result.data;
};

/** What fits in the 32-bit addresses of WebAssembly, as float32. */
const maxWeights = 2 ** 30;
