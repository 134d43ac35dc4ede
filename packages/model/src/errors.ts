import { type ErrorDetails, RecsysError } from '@recsys/errors';

/**
 * Codes of `ModelError`:
 * - `bad-option`: an option is unknown or out of range.
 * - `unknown-item`: the model does not know an item, or any item of a history.
 * - `other-catalog`: data was made with another catalog than the model.
 * - `bad-score`: the model gives scores that are not numbers.
 * - `no-times`: the model uses times, and the data or the request has none.
 * - `bad-weights`: saved weights do not fit the model.
 * - `other-model`: the files hold another kind of model, or none.
 * - `no-backend`: no tfjs backend loads.
 * - `node-only`: this works in Node alone.
 * - `closed`: a recommender was asked after it was closed.
 */
export type ModelErrorCode =
  | 'bad-option'
  | 'unknown-item'
  | 'other-catalog'
  | 'bad-score'
  | 'no-times'
  | 'bad-weights'
  | 'other-model'
  | 'no-backend'
  | 'node-only'
  | 'closed';

/**
 * A model, history or item that cannot be used, with the place and the value in the message.
 * @example
 * try {
 *   model.recommend(history);
 * } catch (error) {
 *   if (error instanceof ModelError && error.code === 'unknown-item') return [];
 *   throw error;
 * }
 */
export class ModelError extends RecsysError {
  override readonly name = 'ModelError';

  constructor(code: ModelErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}

/**
 * Codes of `CheckpointError`:
 * - `damaged`: a file is missing, cut short, altered or of another version.
 * - `no-run`: the directory holds no run, checkpoint or saved model.
 * - `not-trained`: the run has no checkpoint of a trained model yet.
 * - `other-run`: the directory holds a run already, or one with other settings.
 * - `cannot-write`: a full disk, no permission, or the directory already exists.
 * - `unsafe-path`: a path of a run is not the file or folder it must be, such as a symbolic link.
 */
export type CheckpointErrorCode = 'damaged' | 'no-run' | 'not-trained' | 'other-run' | 'cannot-write' | 'unsafe-path';

/**
 * A run directory, checkpoint or saved model that cannot be used, with the file in the message.
 * @example
 * await SASRec.load('runs/movies').catch((error) => {
 *   if (error instanceof CheckpointError && error.code === 'not-trained') return undefined;
 *   throw error;
 * });
 */
export class CheckpointError extends RecsysError {
  override readonly name = 'CheckpointError';

  constructor(code: CheckpointErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}

/**
 * Codes of `ShardError`:
 * - `bad-option`: an option is unknown or out of range.
 * - `bad-inputs`: the folder of inputs cannot be read, has no file of histories, or two of one name.
 * - `bad-history`: a line of an input cannot be answered.
 * - `other-settings`: outputs in the folder were made with other settings, another model, engine or version, or from other inputs.
 */
export type ShardErrorCode = 'bad-option' | 'bad-inputs' | 'bad-history' | 'other-settings';

/**
 * Shards that cannot be recommended for, with the file in the message.
 * @example
 * await shards.run(0).catch((error) => {
 *   if (error instanceof ShardError && error.code === 'bad-history') console.error(error.message);
 *   throw error;
 * });
 */
export class ShardError extends RecsysError {
  override readonly name = 'ShardError';

  constructor(code: ShardErrorCode, problem: string, details?: ErrorDetails) {
    super(code, problem, details);
  }
}
