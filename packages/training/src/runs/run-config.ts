import { isDeepStrictEqual } from 'node:util';
import { CheckpointError, modelNameOf, type SequentialModel } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import type { Loss } from '../losses/loss.js';

/** All that decides how a run goes; plain JSON, the content of `config.json`. */
export interface RunConfig {
  readonly format: 1;
  readonly model: { readonly name: string } & Record<string, unknown>;
  /** The options of `fit` that are plain JSON, every default filled in. */
  readonly fit: Readonly<Record<string, unknown>>;
  readonly loss: { readonly name: string; readonly numNegatives: number };
  readonly data: {
    readonly fingerprint: string;
    readonly users: number;
    readonly items: number;
    readonly interactions: number;
  };
  readonly backend: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly info: Readonly<Record<string, unknown>>;
}

/** Returns the `config.json` of a run. */
export const describeRun = (
  model: SequentialModel,
  settings: RunConfig['fit'],
  loss: Loss,
  data: RunConfig['data'],
  info: RunConfig['info'],
): RunConfig => {
  const { catalog: _, ...config } = model.config;
  return {
    format: 1,
    model: { name: modelNameOf(model), ...config },
    fit: settings,
    loss: { name: loss.name, numNegatives: loss.numNegatives },
    data,
    backend: tf.getBackend(),
    versions: { '@recsys/training': version, '@tensorflow/tfjs-core': tf.version_core, node: process.versions.node },
    info,
  };
};

/**
 * Checks that a resumed run has the settings it started with.
 * @throws {CheckpointError} naming the first of model, fit options, loss and data that differs, with both values.
 */
export const assertSameRun = (directory: string, recorded: Record<string, unknown>, config: RunConfig): void => {
  const current = JSON.parse(JSON.stringify(config)) as Record<string, Record<string, unknown>>;
  for (const part of ['model', 'fit', 'loss', 'data']) {
    const before = (recorded[part] ?? {}) as Record<string, unknown>;
    const now = current[part];
    for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
      if (isDeepStrictEqual(before[key], now[key])) continue;
      throw new CheckpointError(
        'bad-checkpoint',
        `${directory}: cannot be resumed with another ${part}.${key}: the run has ${JSON.stringify(before[key])}, got ${JSON.stringify(now[key])}`,
      );
    }
  }
};
