// An HSTU in a pool of threads: for Node alone.
import type { Id } from '@recsys/model';
import { type Recommender, type RecommenderOptions, startRecommender } from '@recsys/model/node';

export type { Recommender, RecommenderOptions } from '@recsys/model/node';

/**
 * Resolves to an HSTU in a pool of threads, which answers as the model itself would and never blocks the event loop. Each thread has its own copy
 * of the model.
 *
 * @param path a saved model, a checkpoint, or a run directory, whose best checkpoint is read.
 * @throws {CheckpointError} or {ModelError} when the model cannot be loaded.
 * @example
 * const recommender = await createRecommender<string>('runs/movies', { threads: 2 });
 * await recommender.recommend(history, { times, k: 10 }); // [{ item, score }, …]
 * await recommender.close();
 */
export const createRecommender = <OwnId extends Id = Id>(
  path: string,
  options?: RecommenderOptions,
): Promise<Recommender<OwnId>> =>
  startRecommender<OwnId>(new URL('./recommend-worker.js', import.meta.url), path, options);
