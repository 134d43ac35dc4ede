import { isDeepStrictEqual } from 'node:util';
import { CheckpointError, engineName } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';

/** All that decides the result of a run; plain JSON, the content of `config.json`. */
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
  /** What computes, as `engineName` says it: another engine rounds differently. */
  readonly engine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly info: Readonly<Record<string, unknown>>;
}

/** Returns the `config.json` of a run. */
export const describeRun = ({
  model,
  fit,
  loss,
  data,
  info,
}: Pick<RunConfig, 'model' | 'fit' | 'loss' | 'data' | 'info'>): RunConfig => ({
  format: 1,
  model,
  fit,
  loss,
  data,
  engine: engineName(),
  versions: { '@recsys/training': version, '@tensorflow/tfjs-core': tf.version_core, node: process.versions.node },
  info,
});

/** Returns what must be equal where processes train together: each setting of the model, of `fit` and the loss, the data and the engine. */
export const settingsOf = ({ engine, ...config }: RunConfig): Record<string, unknown> => ({
  ...Object.fromEntries(
    comparedParts.flatMap((part) => Object.entries(config[part]).map(([key, value]) => [`${part}.${key}`, value])),
  ),
  engine,
});

/** The parts of a configuration that decide what is trained. */
const comparedParts = ['model', 'fit', 'loss', 'data'] as const;

/**
 * Checks that a resumed run has the settings it started with, and the engine: only then it ends bit for bit as one that was never stopped.
 * @throws {CheckpointError} `other-run`, naming the first of model, fit options, loss, data and engine that differs, with both values.
 */
export const assertSameRun = (directory: string, recorded: Record<string, unknown>, config: RunConfig): void => {
  const current = JSON.parse(JSON.stringify(config)) as Record<string, Record<string, unknown>>;
  const differs = (name: string, before: unknown, now: unknown, advice = '') =>
    new CheckpointError(
      'other-run',
      `${directory}: cannot be resumed with another ${name}: the run has ${JSON.stringify(before)}, got ${JSON.stringify(now)}${advice}`,
    );
  for (const part of comparedParts) {
    const before = (recorded[part] ?? {}) as Record<string, unknown>;
    const now = current[part];
    for (const key of new Set([...Object.keys(before), ...Object.keys(now)]))
      if (!isDeepStrictEqual(before[key], now[key])) throw differs(`${part}.${key}`, before[key], now[key]);
  }
  if (recorded.engine !== config.engine)
    throw differs(
      'engine',
      recorded.engine,
      config.engine,
      '. Use the backend and the version of Node that it started with.',
    );
};
