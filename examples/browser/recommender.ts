/** The worker that holds the model and recommends. */
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import * as tf from '@tensorflow/tfjs-core';
import { answerCalls } from './calls.ts';

/** A model in numbers. */
export interface ModelSize {
  readonly items: number;
  readonly hiddenUnits: number;
  readonly weights: number;
}

let model: SASRec<string>;

/** Puts a model in the place of the one before, and runs it until the browser has compiled the code. */
const take = (loaded: SASRec<string>): ModelSize => {
  model?.dispose();
  model = loaded;
  const { catalog, hiddenUnits } = model.config;
  for (const id of catalog.ids.slice(0, 50)) model.recommend([id]);
  const weights = model.trainableWeights().reduce((sum, { variable }) => sum + variable.size, 0);
  return { items: catalog.ids.length, hiddenUnits, weights };
};

const functions = {
  /** Loads the folder that `model.save()` wrote, by the URL of its `model.json`. */
  load: async (url: string) => {
    const { backend, build, threads = 1, threadsNote } = await selectBackend();
    return { engine: { backend, build, threads, threadsNote }, size: take(await SASRec.load(tf.io.http(url))) };
  },

  /** Takes a model that the other worker trained. */
  use: async (artifacts: tf.io.ModelArtifacts) => take(await SASRec.load(tf.io.fromMemory(artifacts))),

  /** Recommends for the items of a history, oldest first; before the first one, what is popular. */
  recommend: ({ history, k }: { history: readonly string[]; k: number }) => {
    const start = performance.now();
    const recommended = model.recommend(history, { k, fallback: 'popular' });
    return { items: recommended.map(({ item }) => item), milliseconds: performance.now() - start };
  },

  /** Returns how likely each item comes next in the simulation, which the model has never been told, by id. */
  chances: async (history: readonly string[]): Promise<Map<string, number>> => {
    const { indexOfId, simulateInteractions } = await import('@recsys/data'); // with its tables: loaded after the model
    const { catalog } = model.config;
    const { nextItemProbabilities } = simulateInteractions({ seed: 1, users: 1, items: catalog.ids.length });
    const chances = nextItemProbabilities(catalog)(history.map((id) => indexOfId(catalog, id)));
    return new Map(catalog.ids.map((id) => [id, chances[indexOfId(catalog, id)]]));
  },
};
answerCalls(functions);

export type Recommender = typeof functions;
