import type { Id } from '@recsys/data/core';
import { modelNameOf, type SequentialModel } from '../contract/sequential-model.js';
import { ModelError } from '../errors.js';
import type { RecommendOptions } from './recommend-options.js';

/** When the items of a history were met, and when it is asked about, in seconds. */
export interface RequestTimes {
  readonly times: Float64Array;
  readonly at: number;
}

/**
 * Returns a function that gives the times of a request by its number, for a model that uses times; of the items whose places are given. For other
 * models it gives undefined.
 *
 * @throws {ModelError} `bad-option` when the options do not match the histories.
 */
export const requestTimes = <OwnId extends Id>(
  where: string,
  model: SequentialModel,
  histories: readonly (readonly OwnId[])[],
  options: RecommendOptions<OwnId>,
): ((historyIndex: number, places: Int32Array) => RequestTimes | undefined) => {
  if (model.usesTimes !== true) return () => undefined;
  const { times, at = Date.now() / 1000 } = options;
  const lists = (where === 'recommend' ? times && [times] : times) as readonly (readonly number[])[] | undefined;
  const name = (i: number) => (where === 'recommend' ? 'the history' : `history ${i}`);
  if (lists !== undefined && lists.length !== histories.length)
    throw new ModelError(
      'bad-option',
      `${where}: times must have a list for each of ${histories.length} histories, got ${lists.length}`,
    );
  lists?.forEach((list, i) => {
    if (!Array.isArray(list) || list.length !== histories[i].length || !list.every(Number.isFinite))
      throw new ModelError(
        'bad-option',
        `${where}: times must have a number for each of the ${histories[i].length} items of ${name(i)}`,
      );
  });
  const requests = typeof at === 'number' ? histories.map(() => at) : at;
  if (requests.length !== histories.length || !requests.every(Number.isFinite))
    throw new ModelError(
      'bad-option',
      `${where}: at must be a number, or one for each of ${histories.length} histories`,
    );
  return (i, places) => {
    if (places.length === 0) return undefined; // the fallback needs none
    if (lists === undefined)
      throw new ModelError('no-times', `${where}: ${modelNameOf(model)} uses the times of the items of a history.`, {
        advice: { option: 'times', purpose: 'to give them, in seconds' },
      });
    return { times: Float64Array.from(places, (place) => lists[i][place]), at: requests[i] };
  };
};
