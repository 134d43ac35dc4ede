import type { IdMap, SequenceBatch } from '@recsys/data';
import {
  callLayer,
  type NamedVariable,
  namedWeights,
  packSequences,
  padSequences,
  SequenceEmbedding,
} from '@recsys/layers';
import { defineModel, type EncodeOptions, type SequentialModel } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import { z } from 'zod';

interface GRU4RecConfig {
  catalog: IdMap;
  hiddenUnits: number;
  maxLength?: number;
  dropoutRate?: number;
  seed?: number;
}

/** GRU4Rec (Hidasi et al., ICLR 2016), made of the embedding layer of `@recsys/layers` and the GRU of tfjs. */
export class GRU4Rec implements SequentialModel {
  readonly #embedding: SequenceEmbedding;
  readonly #gru: layers.Layer;
  readonly #weights: NamedVariable[];

  constructor(readonly config: GRU4RecConfig) {
    const { catalog, hiddenUnits, dropoutRate = 0.1, seed = 1 } = config;
    this.#embedding = new SequenceEmbedding({
      numItems: catalog.ids.length,
      maxLength: false, // a GRU needs no positions
      units: hiddenUnits,
      scale: 1,
      dropoutRate,
      seed,
    });
    const [kernelInitializer, recurrentInitializer] = [1, 2].map((part) =>
      initializers.glorotUniform({ seed: 2 * seed + part }),
    );
    this.#gru = layers.gru({ units: hiddenUnits, returnSequences: true, kernelInitializer, recurrentInitializer });
    this.#embedding.build([null]);
    this.#gru.build([null, null, hiddenUnits]);
    this.#gru.built = true;
    this.#weights = [...namedWeights(this.#embedding), ...namedWeights(this.#gru, 'gru')];
  }

  encode({ items, offsets }: SequenceBatch, { training, step }: EncodeOptions): tf.Tensor2D {
    return tf.tidy(() => {
      const x: tf.Tensor2D = callLayer(this.#embedding, tf.tensor1d(items, 'int32'), { training, step }); // [tokens, hidden]
      const padded = padSequences(x, offsets); // [size, time, hidden]
      return packSequences(callLayer(this.#gru, padded), offsets); // [tokens, hidden]
    });
  }

  itemVectors(): tf.Tensor2D {
    return this.#embedding.itemEmbedding.table;
  }

  trainableWeights(): NamedVariable[] {
    return this.#weights;
  }

  dispose(): void {
    for (const { variable } of this.#weights) variable.dispose();
  }
}

/** For the command: `recsys train ratings.csv --model examples/models/gru4rec.ts`. */
export default defineModel({
  name: 'GRU4Rec',
  options: z.strictObject({
    hiddenUnits: z.int().min(1).default(64).describe('Width of the embedding and of the state, >= 1.'),
    maxLength: z.int().min(1).default(50).describe('How many of the newest items of a history the model sees, >= 1.'),
    dropoutRate: z
      .number()
      .min(0)
      .lt(1)
      .default(0.1)
      .describe('Probability to drop an element of an embedding, in [0, 1).'),
  }),
  create: (options) => new GRU4Rec(options),
  recommended: ({ items }) => ({ hiddenUnits: items > 10_000 ? 128 : 64 }),
});
