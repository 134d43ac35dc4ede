// What bundles for the browser get in place of `node.ts`.
import type * as tf from '@tensorflow/tfjs-core';
import { ModelError } from '../errors.js';

const nodeOnly = (path: string): tf.io.IOHandler => {
  throw new ModelError(
    'node-only',
    `${path}: paths work in Node alone; in a browser, use a handler such as tf.io.http(url)`,
  );
};

export const directoryHandler = nodeOnly;
export const savedModelHandler = async (path: string): Promise<tf.io.IOHandler> => nodeOnly(path);
