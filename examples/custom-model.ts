/**
 * A model of your own from our layers and tfjs's: GRU4Rec (Hidasi et al., ICLR 2016), trained, evaluated and asked for recommendations
 * by the same functions as SASRec. Run it: `pnpm example custom-model`.
 */
import { type IdMap, leaveOneOut, type SequenceBatch, simulateInteractions, toSequences } from '@recsys/data';
import {
  callLayer,
  type NamedVariable,
  namedWeights,
  packSequences,
  padSequences,
  SequenceEmbedding,
} from '@recsys/layers';
import { type EncodeOptions, recommend, type SequentialModel, selectBackend } from '@recsys/model';
import { binaryCrossEntropy, evaluate, fit, markovChainBaseline } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';

interface GRU4RecConfig {
  catalog: IdMap;
  hiddenUnits: number;
  maxLength?: number;
}

class GRU4Rec implements SequentialModel {
  readonly #embedding: SequenceEmbedding;
  readonly #gru: layers.Layer;

  constructor(readonly config: GRU4RecConfig) {
    const { catalog, hiddenUnits } = config;
    this.#embedding = new SequenceEmbedding({
      numItems: catalog.ids.length,
      maxLength: false, // the GRU reads the items in order, without positions
      units: hiddenUnits,
      scale: 1,
      dropoutRate: 0.1,
      seed: 1,
    });
    this.#gru = layers.gru({ units: hiddenUnits, returnSequences: true, recurrentInitializer: 'glorotUniform' });
    this.#embedding.build([null]);
    this.#gru.build([null, null, hiddenUnits]);
    this.#gru.built = true;
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
    return [...namedWeights(this.#embedding), ...namedWeights(this.#gru, 'gru')];
  }

  dispose(): void {
    for (const { variable } of this.trainableWeights()) variable.dispose();
  }
}

await selectBackend();
const split = leaveOneOut(toSequences(simulateInteractions({ seed: 1, users: 1000 }).interactions));
const model = new GRU4Rec({ catalog: split.catalog, hiddenUnits: 64, maxLength: 10 });
await fit(model, split, {
  epochs: 16,
  seed: 1,
  batchSize: 32,
  learningRate: 0.005,
  loss: binaryCrossEntropy({ numNegatives: 8 }),
  validation: { protocol: 'full' },
  callbacks: [
    {
      onEpoch: ({ epoch, loss, validation }) =>
        console.log(`epoch ${epoch}  loss ${loss.toFixed(4)}  NDCG@10 ${validation?.['ndcg@10']?.toFixed(4)}`),
    },
  ],
});
for (const [name, subject] of [
  ['GRU4Rec', model],
  ['Markov chain', markovChainBaseline(split.train)],
] as const) {
  const { metrics } = await evaluate(subject, split.test, { protocol: 'full' });
  console.log(
    `${name}: HR@10 ${metrics['hr@10'].value.toFixed(4)}, NDCG@10 ${metrics['ndcg@10'].value.toFixed(4)} (test, full ranking)`,
  );
}
console.log(recommend(model, ['item-1', 'item-2'], { k: 3 }));
