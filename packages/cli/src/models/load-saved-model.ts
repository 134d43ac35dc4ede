import { type SequentialModel, savedModelMetadata } from '@recsys/model';
import { type OnDamaged, savedModelHandler } from '@recsys/model/node';
import { UsageError } from '../errors.js';
import type { OptionSpecs } from '../options/index.js';
import { builtInNames, builtInTitled } from './built-in-models.js';
import type { ModelKind } from './model-kind.js';
import { kindOf } from './own-models.js';
import { recordedModule } from './recorded-module.js';

/** The flag that says where the code of a model is. */
export const modelFileOption = {
  model: {
    flags: '--model <file>',
    help: 'module of a model of your own, for a saved model, or if it has moved since the run was trained',
    type: 'string',
  },
} as const satisfies OptionSpecs;

/** A model, and what the command knows of its kind. */
interface OpenedModel {
  readonly model: SequentialModel;
  readonly kind: ModelKind;
}

/**
 * Returns the model in a run directory, a checkpoint or a saved model, whichever kind it is.
 * @param onRemark told of a damaged best checkpoint, and of a module that has changed.
 * @param given what `--model` names.
 */
export const openSavedModel = async (path: string, onRemark: OnDamaged, given?: string): Promise<OpenedModel> => {
  const artifacts = await (await savedModelHandler(path, onRemark)).load!();
  const { model: title } = savedModelMetadata(artifacts);
  const kind = await kindOfRun(path, title, { given, onRemark });
  return { kind, model: await kind.load({ load: async () => artifacts }) };
};

/** Returns the model in a run directory, a checkpoint or a saved model; see `openSavedModel`. */
export const loadSavedModel = async (path: string, onRemark: OnDamaged, given?: string): Promise<SequentialModel> =>
  (await openSavedModel(path, onRemark, given)).model;

/**
 * Returns the kind of model that a path holds.
 * @param title what its files call it.
 * @throws {UsageError} when it is neither of the library nor defined by the module that is given, or that the run names.
 */
export const kindOfRun = async (
  path: string,
  title: string,
  { given, onRemark }: { given: string | undefined; onRemark: OnDamaged },
): Promise<ModelKind> => {
  const asked = given === undefined ? undefined : await kindOf(given);
  if (asked?.definition.name === title) return asked;
  if (asked !== undefined)
    throw new UsageError('usage', `${path}: holds a ${title}, and --model ${given} is ${asked.definition.name}`);
  const kind = (await recordedModule(path, onRemark)) ?? builtInTitled(title);
  if (kind?.definition.name === title) return kind;
  throw new UsageError(
    'usage',
    `${path}: holds a ${title}, which is none of ${builtInNames.join(', ')}. Name the module that defines it by --model FILE.`,
  );
};
