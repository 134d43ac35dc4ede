import { resolve } from 'node:path';
import { kindOf } from './own-models.js';
import { recordedModule } from './recorded-module.js';

/** What loads a model of the user's own in a thread: a module, and what it is told. */
interface OwnThread {
  readonly thread: URL;
  /** Path of the module that defines the model. */
  readonly threadData: string;
}

/**
 * Returns what loads the model at a path in a thread; undefined for a model of the library.
 * @param given what `--model` names. Default the module that the run was trained with.
 * @throws {UsageError} when the module cannot be loaded.
 */
export const ownThread = async (
  path: string,
  given: string | undefined,
  onRemark: (remark: string) => void,
): Promise<OwnThread | undefined> => {
  const kind = given === undefined ? await recordedModule(path, onRemark) : await kindOf(given);
  if (kind?.module === undefined) return undefined;
  return { thread: new URL('./model-thread.js', import.meta.url), threadData: resolve(kind.module.path) };
};
