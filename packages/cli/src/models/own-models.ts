import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sha256Of } from '@recsys/data/node';
import { loadModel, type ModelDefinition } from '@recsys/model';
import { UsageError } from '../errors.js';
import { builtIns } from './built-in-models.js';
import { createFrom, type ModelKind } from './model-kind.js';

/** What `--model` takes for a module. */
const looksLikePath = (text: string): boolean => /[\\/]|\.[cm]?[jt]s$/.test(text);

/** The modules that were loaded, by path. */
const loaded = new Map<string, Promise<ModelKind>>();

/**
 * Returns the kind of model that `--model` names: one of the library, or that of a module.
 * @throws {UsageError} when there is none.
 */
export const kindOf = async (text: string): Promise<ModelKind> => {
  if (Object.hasOwn(builtIns, text)) return builtIns[text as keyof typeof builtIns];
  if (!looksLikePath(text))
    throw new UsageError(
      'usage',
      `--model must be one of ${Object.keys(builtIns).join(', ')}, or a module such as ./my-model.ts, got ${JSON.stringify(text)}`,
    );
  const path = resolve(text);
  if (!loaded.has(path)) loaded.set(path, loadModule(text));
  return loaded.get(path)!;
};

const loadModule = async (path: string): Promise<ModelKind> => {
  const refuse = (problem: string, cause?: unknown): never => {
    throw new UsageError('usage', `${path}: ${problem}`, { cause });
  };
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    return refuse(code === 'ENOENT' ? 'no such file' : `cannot be read: ${message}`, cause);
  }
  assertSameTfjs(path);
  const module = await importModule(path).catch((cause) => refuse(`cannot be loaded: ${firstLine(cause)}`, cause));
  const definition = module.default;
  if (definition === undefined) return refuse('has no default export; write export default defineModel({ … })');
  if (!isDefinition(definition))
    return refuse('its default export is no model; it must be what defineModel of @recsys/model returns');
  const create: ModelKind['create'] = (options) => createFrom(path, definition, options);
  return {
    name: path,
    definition,
    presetNames: [],
    preset: () => ({ model: {}, fit: {} }),
    loss: 'bce',
    create,
    load: (handler) => loadModel(handler, (config: Record<string, unknown>) => create(config)),
    module: { path, sha256: sha256Of(content) },
  };
};

const firstLine = (error: unknown): string => String((error as Error | undefined)?.message ?? error).split('\n')[0];

/** Imports a module. Node before 22.18 reads no TypeScript, and later versions no more of it than they can erase, so jiti does. */
const importModule = async (path: string): Promise<{ readonly default?: unknown }> => {
  const absolute = resolve(path);
  if (!/\.[cm]?ts$/.test(path)) return import(pathToFileURL(absolute).href);
  const { createJiti } = await import('jiti'); // which no other command should wait for
  // Nothing is written, and packages are imported as Node imports them, so that the module shares them with this command.
  return createJiti(import.meta.url, { fsCache: false, interopDefault: false }).import(absolute);
};

/** @throws {UsageError} when a module would use another copy of tfjs than this command, with no backend and other weights. */
const assertSameTfjs = (path: string): void => {
  const resolved = (from: string) => {
    try {
      return createRequire(from).resolve('@tensorflow/tfjs-core');
    } catch {
      return undefined; // it does not use it, or says what is missing when it is loaded
    }
  };
  const [theirs, ours] = [resolved(resolve(path)), resolved(import.meta.url)];
  if (theirs !== undefined && theirs !== ours)
    throw new UsageError(
      'usage',
      `${path}: finds another copy of @tensorflow/tfjs-core than this command. Install @recsys/cli where the module is, and run it there with npx.`,
    );
};

const isDefinition = (value: unknown): value is ModelDefinition => {
  const { name, options, create } = (value ?? {}) as Partial<Record<keyof ModelDefinition, unknown>>;
  const { shape, safeParse } = (options ?? {}) as { shape?: unknown; safeParse?: unknown };
  return (
    typeof name === 'string' &&
    name !== '' &&
    typeof create === 'function' &&
    typeof safeParse === 'function' &&
    typeof shape === 'object'
  );
};

/**
 * Returns the model of the user's own that a command line trains, so that its options can be declared as flags before the others are read.
 * @throws {UsageError} when its module cannot be used.
 */
export const ownModelIn = async (args: readonly string[]): Promise<ModelKind | undefined> => {
  if (args[0] !== 'train' || args.some((arg) => /^--resume(=|$)/.test(arg))) return undefined;
  const textAfter = (flag: string) => {
    const at = args.findLastIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
    return at < 0 ? undefined : args[at] === flag ? args[at + 1] : args[at].slice(flag.length + 1);
  };
  const text = textAfter('--model') ?? modelInConfig(textAfter('--config'));
  return text === undefined || !looksLikePath(text) ? undefined : kindOf(text);
};

/** Returns the model that a config file names; what is wrong with the file is said when its options are read. */
const modelInConfig = (path: string | undefined): string | undefined => {
  try {
    const { model } = JSON.parse(readFileSync(path ?? '', 'utf8')) as { model?: unknown };
    return typeof model === 'string' ? model : undefined;
  } catch {
    return undefined;
  }
};
