import {
  type IdMap,
  itemIds,
  leaveOneOut,
  type SequenceBatch,
  type Split,
  simulateInteractions,
  toSequences,
} from '@recsys/data';
import { callLayer, ItemEmbedding, type NamedVariable, namedWeights, SeededDropout } from '@recsys/layers';
import { type BackendName, type EncodeOptions, type SequentialModel, selectBackend } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';

/** Runs tests on the `cpu` backend, or the one in `RECSYS_TEST_BACKEND`. */
export const useTestBackend = () =>
  selectBackend({ prefer: (process.env.RECSYS_TEST_BACKEND ?? 'cpu') as BackendName });

/** A model small enough to check by hand: the state at a token is the embedding of the token, with dropout. */
export class LastItemModel implements SequentialModel {
  readonly modelName = 'LastItemModel';
  readonly config;
  readonly #embedding: ItemEmbedding;
  readonly #output: ItemEmbedding;
  readonly #weights: NamedVariable[];
  readonly #dropout: SeededDropout;

  constructor(config: { catalog: IdMap; maxLength?: number; units?: number; dropoutRate?: number }) {
    this.config = config;
    const { catalog, units = 16, dropoutRate = 0.2 } = config;
    this.#dropout = new SeededDropout({ rate: dropoutRate, seed: 5 });
    this.#embedding = new ItemEmbedding({ numItems: catalog.ids.length, units, seed: 1 });
    this.#output = new ItemEmbedding({ numItems: catalog.ids.length, units, seed: 2 });
    for (const layer of [this.#embedding, this.#output]) layer.build([null]);
    this.#weights = [...namedWeights(this.#embedding, 'input'), ...namedWeights(this.#output, 'output')];
  }

  encode({ items }: SequenceBatch, { training, step }: EncodeOptions): tf.Tensor2D {
    return tf.tidy(() =>
      callLayer<tf.Tensor2D>(this.#dropout, callLayer(this.#embedding, tf.tensor1d(items, 'int32')), {
        training,
        step,
      }),
    );
  }

  itemVectors(): tf.Tensor2D {
    return this.#output.table;
  }

  trainableWeights(): NamedVariable[] {
    return this.#weights;
  }

  dispose(): void {
    for (const { variable } of this.#weights) variable.dispose();
  }
}

/** A split of simulated users, small enough for training in a test. */
export const smallSplit = ({ users = 60, items = 20 } = {}): Split =>
  leaveOneOut(toSequences(simulateInteractions({ seed: 3, users, items, meanLength: 7 }).interactions));

/** Ids 'a', 'b', … for items 1, 2, … */
export const letters = (count: number) => itemIds(Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i)));

/** Returns all weights of a model in one array. */
export const weightsOf = (model: SequentialModel): number[] =>
  model.trainableWeights().flatMap(({ variable }) => [...variable.dataSync()]);
