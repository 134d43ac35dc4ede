import { partOfBatch, type SequenceBatch } from '@recsys/data';
import type { NamedVariable } from '@recsys/layers';
import type { SequentialModel } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import type { Loss } from '../losses/index.js';
import { readPart, writePart } from './gradient-message.js';
import type { Ranks } from './ranks.js';

/** What gradients are computed of. */
interface StepPartsOptions {
  /** Number of parts, >= 1; with several ranks, as many. */
  readonly count: number;
  readonly ranks: Ranks;
  readonly model: SequentialModel;
  readonly loss: Loss;
  readonly weights: readonly NamedVariable[];
}

interface Gradients {
  readonly loss: number;
  /** By tfjs variable name. */
  readonly gradients: tf.NamedTensorMap;
}

/** Why training stops, where the ranks must agree on it; the number of each in a message is its place here, from 1. */
const reasonsToStop = ['aborted', 'seconds'] as const;
export type AgreedStop = (typeof reasonsToStop)[number];

interface StepGradients extends Gradients {
  /** Why all ranks stop after this step, or null. */
  readonly stop: AgreedStop | null;
  /** Bytes of the gradients of all parts; 0 where there is one. */
  readonly bytes: number;
}

/**
 * The gradients of a step, whose batch is computed in parts: all of them here, or each on a rank of its own. Parts are added in their order,
 * so that both give the same bits.
 */
export class StepParts {
  readonly #count: number;
  readonly #ranks: Ranks;
  readonly #model: SequentialModel;
  readonly #loss: Loss;
  readonly #weights: readonly NamedVariable[];

  constructor({ count, ranks, model, loss, weights }: StepPartsOptions) {
    this.#count = count;
    this.#ranks = ranks;
    this.#model = model;
    this.#loss = loss;
    this.#weights = weights;
  }

  /**
   * Returns the gradients of a batch; owned by the caller.
   * @param options.step number of the step; each part of it has dropout masks of its own.
   * @param options.wish why this rank wants to stop, or null.
   */
  async gradientsOf(
    batch: SequenceBatch,
    { step, wish }: { readonly step: number; readonly wish: AgreedStop | null },
  ): Promise<StepGradients> {
    if (this.#count === 1) return { ...this.#compute(batch, { step, share: 1 }), stop: wish, bytes: 0 };
    const stop = wish === null ? 0 : reasonsToStop.indexOf(wish) + 1;
    const write = (part: number) => this.#write(batch, { step, stop, part });
    const written =
      this.#ranks.count === 1
        ? Array.from({ length: this.#count }, (_, part) => write(part))
        : await this.#ranks.gather(write(this.#ranks.own));
    return this.#sum(written);
  }

  /** Returns the loss of a batch, times a share, and its gradients; owned by the caller. */
  #compute(batch: SequenceBatch, { step, share }: { readonly step: number; readonly share: number }): Gradients {
    const options = { training: true, step };
    const lossOf = () => {
      const loss = this.#loss.compute(this.#model, this.#model.encode(batch, options), batch, options);
      return share === 1 ? loss : tf.mul<tf.Scalar>(loss, share);
    };
    const variables = this.#weights.map(({ variable }) => variable);
    const { value, grads: gradients } = tf.variableGrads(() => tf.tidy(lossOf), variables);
    const [loss] = value.dataSync();
    value.dispose();
    return { loss, gradients };
  }

  #write(
    whole: SequenceBatch,
    { step, stop, part }: { readonly step: number; readonly stop: number; readonly part: number },
  ): Uint8Array {
    const batch = partOfBatch(whole, { part, parts: this.#count });
    if (batch.size === 0) return writePart(this.#weights, { loss: 0, stop, gradients: {} });
    const share = batch.targets.length / whole.targets.length;
    const { loss, gradients } = this.#compute(batch, { step: step * this.#count + part, share });
    try {
      return writePart(this.#weights, { loss, stop, gradients });
    } finally {
      tf.dispose(gradients);
    }
  }

  #sum(written: readonly Uint8Array[]): StepGradients {
    let [bytes, loss] = [0, 0];
    let stop: AgreedStop | null = null;
    const gradients = tf.tidy(() => {
      const sums: tf.NamedTensorMap = {};
      for (const message of written) {
        const part = readPart(this.#weights, message);
        bytes += message.length;
        loss += part.loss;
        stop ??= reasonsToStop[part.stop - 1] ?? null;
        for (const [name, gradient] of Object.entries(part.gradients))
          sums[name] = sums[name] === undefined ? gradient : tf.add(sums[name], gradient);
      }
      return sums;
    });
    return { loss, gradients, stop, bytes };
  }
}
