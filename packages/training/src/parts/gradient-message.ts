import { gradientRows, type NamedVariable, scatterAddRows } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';

/** What one part of a batch adds to a step. */
interface PartOfStep {
  /** Its share of the loss. */
  readonly loss: number;
  /** Why its rank wants to stop after this step, as a number; 0 for not at all. */
  readonly stop: number;
  /** Gradients of the loss, by tfjs variable name; weights without one are absent. */
  readonly gradients: tf.NamedTensorMap;
}

/*
 * A message is words of 4 bytes: the loss, why to stop, and then for each weight the kind of its gradient and the gradient. Numbers are in
 * the order of bytes of the machine, as all ranks have the same engine.
 */
const headerWords = 2;
/** Kinds of gradients; a number of rows, from 0 up, is a gradient of those rows: their indices, and then the rows. */
const [none, dense] = [-1, -2];

/** A gradient as it is sent: the words of its rows' indices, and its numbers. */
interface Entry {
  readonly kind: number;
  readonly indices?: Int32Array;
  readonly values?: Float32Array;
}

/** Returns the gradients of a part as bytes. Those of tables are sent as the rows that they move, unless these are nearly all. */
export const writePart = (
  weights: readonly NamedVariable[],
  { loss, stop, gradients }: PartOfStep,
): Uint8Array<ArrayBuffer> => {
  const entries = weights.map((weight) => entryOf(weight, gradients[weight.variable.name]));
  const wordsOf = ({ indices, values }: Entry) => 1 + (indices?.length ?? 0) + (values?.length ?? 0);
  const words = new Int32Array(entries.reduce((sum, entry) => sum + wordsOf(entry), headerWords));
  const numbers = new Float32Array(words.buffer);
  numbers[0] = loss;
  words[1] = stop;
  let at = headerWords;
  for (const { kind, indices, values } of entries) {
    words[at++] = kind;
    if (indices !== undefined) words.set(indices, at);
    at += indices?.length ?? 0;
    if (values !== undefined) numbers.set(values, at);
    at += values?.length ?? 0;
  }
  return new Uint8Array(words.buffer);
};

const entryOf = ({ variable, isEmbedding }: NamedVariable, gradient: tf.Tensor | undefined): Entry => {
  if (gradient === undefined) return { kind: none };
  if (isEmbedding && gradient.rank === 2) {
    // Without tf.tidy, which looks for tensors in every element of the arrays that it returns.
    const { indices, values } = gradientRows(gradient as tf.Tensor2D);
    try {
      if (indices.size + values.size < variable.size)
        return { kind: indices.size, indices: indices.dataSync<'int32'>(), values: values.dataSync<'float32'>() };
    } finally {
      tf.dispose([indices, values]);
    }
  }
  return { kind: dense, values: gradient.dataSync<'float32'>() };
};

/** Returns what `writePart` was given; the gradients are owned by the caller. */
export const readPart = (weights: readonly NamedVariable[], bytes: Uint8Array): PartOfStep => {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const size = aligned.byteLength / 4;
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, size);
  const numbers = new Float32Array(aligned.buffer, aligned.byteOffset, size);
  const gradients: tf.NamedTensorMap = {};
  let at = headerWords;
  for (const { variable } of weights) {
    const kind = words[at++];
    if (kind === none) continue;
    if (kind === dense) {
      gradients[variable.name] = tf.tensor(numbers.slice(at, at + variable.size), variable.shape);
      at += variable.size;
      continue;
    }
    const [rows, width] = variable.shape;
    const [start, end] = [at + kind, at + kind + kind * width];
    gradients[variable.name] = tf.tidy(() => {
      if (kind === 0) return tf.zeros(variable.shape);
      return scatterAddRows(
        tf.tensor2d(numbers.slice(start, end), [kind, width]),
        tf.tensor1d(words.slice(at, start), 'int32'),
        rows,
      );
    });
    at = end;
  }
  return { loss: numbers[0], stop: words[1], gradients };
};
