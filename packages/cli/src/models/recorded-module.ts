import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { openRun } from '../options/index.js';
import type { ModelKind } from './model-kind.js';
import { kindOf } from './own-models.js';

/**
 * Returns the kind of model of a run, by the module that it was trained with; undefined for a model of the library.
 *
 * A run directory may come from someone else, and must not bring code with it: its module is loaded from outside of it alone, and if it defines a
 * model.
 * @throws {UsageError} when the module has moved, or may not be loaded unasked.
 */
export const recordedModule = async (
  run: string,
  onRemark: (remark: string) => void,
): Promise<ModelKind | undefined> => {
  if (!existsSync(join(run, 'config.json'))) return undefined;
  const { module } = (await openRun(run)).info;
  if (module === undefined) return undefined;
  const path = join(run, module.path);
  const refuse = (problem: string): never => {
    throw new UsageError('usage', `${path}, the module of the model of ${run}, ${problem}`, {
      advice: { option: 'model', purpose: 'to name the module' },
    });
  };
  if (!existsSync(path)) return refuse('does not exist.');
  if (!relative(resolve(run), resolve(path)).startsWith('..'))
    return refuse('is in the run directory, and is not loaded unasked.');
  if (!readFileSync(path, 'utf8').includes('defineModel')) return refuse('defines no model.');
  const kind = await kindOf(path);
  if (kind.module!.sha256 !== module.sha256)
    onRemark(`${path} has changed since ${run} was trained with it; if the model differs, so do its results`);
  return kind;
};
