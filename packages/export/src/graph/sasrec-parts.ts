import { type Activation, sinusoids, type Wiring } from '@recsys/layers';
import { modelNameOf, type SequentialModel } from '@recsys/model';
import type { SASRec, SASRecConfig } from '@recsys/sasrec';
import type * as tf from '@tensorflow/tfjs-core';
import { ExportError } from '../errors.js';

/** A weight on the host. */
export interface Weight {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** What a graph needs of a SASRec. */
export interface SASRecParts {
  readonly config: SASRecConfig;
  readonly units: number;
  readonly numItems: number;
  readonly maxLength: number;
  readonly numBlocks: number;
  readonly numHeads: number;
  readonly wiring: Wiring;
  readonly residuals: boolean;
  /** What feed-forward networks have between their layers. */
  readonly activation: Activation;
  /** `[maxLength, units]`: what is added to items by their place; absent: nothing. */
  readonly positions: Weight | undefined;
  readonly normEpsilon: number;
  /** 1 / temperature where states are compared by cosine. */
  readonly stateLength: number | undefined;
  /** `[numItems + 1, units]`: what items of a history are embedded as, features folded in. */
  readonly inputVectors: Weight;
  /** What states are multiplied by; absent: `inputVectors`. */
  readonly outputVectors: Weight | undefined;
  /** `[numItems + 1]`: 1 / length of each vector where items are compared by cosine. */
  readonly inverseLengths: Weight | undefined;
  /** Other weights by their names in a checkpoint. */
  weight(name: string): Weight;
  has(name: string): boolean;
}

/** As `unitRows` of `@recsys/layers` has it. */
const smallestLength = 1e-6;

/**
 * Returns the parts of a SASRec; its weights are copied.
 * @throws {ExportError} `unsupported-model` for another model.
 */
export const sasrecParts = (where: string, model: SequentialModel): SASRecParts => {
  if (modelNameOf(model) !== 'SASRec')
    throw new ExportError('unsupported-model', `${where}: takes a SASRec, got a ${modelNameOf(model)}`);
  const sasrec = model as SASRec;
  const { config } = sasrec;
  const weights = new Map(sasrec.trainableWeights().map(({ name, variable }) => [name, variable]));
  const read = (tensor: tf.Tensor): Weight => ({
    values: tensor.dataSync<'float32'>().slice(),
    shape: tensor.shape,
  });
  const output = weights.get('outputEmbedding.embeddings');
  const inputVectors = read(sasrec.inputVectors());
  const outputVectors = output && read(output);
  const isCosine = config.similarity === 'cosine';
  const compared = outputVectors ?? inputVectors;
  return {
    config,
    units: config.hiddenUnits,
    numItems: config.catalog.ids.length,
    maxLength: config.maxLength,
    numBlocks: config.numBlocks,
    numHeads: config.numHeads,
    wiring: config.wiring,
    residuals: config.residuals,
    activation: config.activation ?? (config.wiring === 'ligr' ? 'swiglu' : 'relu'),
    positions: positionsOf(config, weights.get('positionEmbedding.embeddings')),
    normEpsilon: config.normEpsilon,
    stateLength: isCosine ? 1 / config.temperature : undefined,
    inputVectors,
    outputVectors,
    inverseLengths: isCosine ? inverseLengthsOf(compared) : undefined,
    weight: (name) => read(weights.get(name)!),
    has: (name) => weights.has(name),
  };
};

/** Returns what is added to items by their place. */
const positionsOf = (
  { positions, maxLength, hiddenUnits }: SASRecConfig,
  learned: tf.Variable | undefined,
): Weight | undefined => {
  const shape = [maxLength, hiddenUnits];
  if (positions === 'sinusoidal') return { values: sinusoids(maxLength, hiddenUnits), shape };
  return learned && { values: learned.dataSync<'float32'>().slice(), shape };
};

/** Returns 1 / length of each row. */
const inverseLengthsOf = ({ values, shape: [rows, units] }: Weight): Weight => {
  const inverse = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = row * units; i < (row + 1) * units; i++) sum += values[i] ** 2;
    inverse[row] = 1 / Math.max(Math.sqrt(sum), smallestLength);
  }
  return { values: inverse, shape: [rows] };
};
