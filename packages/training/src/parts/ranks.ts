import type { NamedVariable } from '@recsys/layers';
import { TrainingError } from '../errors.js';
import type { Communicator } from './communicator.js';

/** The processes that train together; without a communicator, one alone. */
export class Ranks {
  readonly #communicator: Communicator | undefined;

  constructor(communicator: Communicator | undefined) {
    this.#communicator = communicator;
  }

  /** Number of this process, from 0. */
  get own(): number {
    return this.#communicator?.rank ?? 0;
  }

  get count(): number {
    return this.#communicator?.size ?? 1;
  }

  /** Whether this is the rank that validates, logs and writes checkpoints. */
  get isFirst(): boolean {
    return this.own === 0;
  }

  /** Returns the bytes that each rank gives, by rank. */
  async gather(bytes: Uint8Array): Promise<Uint8Array[]> {
    return this.#communicator === undefined ? [bytes] : this.#communicator.allgather(bytes);
  }

  /** Returns what rank 0 makes, plain JSON; the others wait for it. */
  async fromFirst<T>(make: () => Promise<T>): Promise<T> {
    if (this.count === 1) return make();
    const [made] = await this.gather(this.isFirst ? toBytes(await make()) : new Uint8Array());
    return fromBytes(made) as T;
  }

  /**
   * Checks that all ranks have the same values, plain JSON.
   * @throws {TrainingError} `ranks-differ`, naming the first value that differs; on all ranks alike.
   */
  async assertEqual(values: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.count === 1) return;
    const [first, ...others] = (await this.gather(toBytes(values))).map(fromBytes) as Record<string, unknown>[];
    others.forEach((other, i) => {
      for (const name of new Set([...Object.keys(first), ...Object.keys(other)])) {
        const [ofFirst, ofOther] = [first, other].map((own) => JSON.stringify(own[name]));
        if (ofFirst === ofOther) continue;
        throw new TrainingError(
          'ranks-differ',
          `fit: ${name} is ${ofFirst} on rank 0 and ${ofOther} on rank ${i + 1}; all ranks need the same data, settings, engine and run directory`,
        );
      }
    });
  }
}

const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const fromBytes = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

/** Returns a number that is another one, but for rare chances, when any bit of a weight is another one. */
export const checksumOf = (weights: readonly NamedVariable[]): number => {
  let sum = 0;
  for (const { variable } of weights) {
    const { buffer, byteOffset, length } = variable.dataSync<'float32'>();
    for (const word of new Int32Array(buffer, byteOffset, length)) {
      sum = Math.imul(sum ^ word, 0x9e3779b1);
      sum ^= sum >>> 15;
    }
  }
  return sum;
};
