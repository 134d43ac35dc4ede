import type { BackendValues } from '@tensorflow/tfjs-core';
import { type AdamCatchUpArguments, CatchUp } from '../generated/arguments.js';
import type { Block, SharedHeap } from '../heap/index.js';
import type { Work } from '../threads/index.js';
import { MissedSteps, mostSteps, type Step } from './missed-steps.js';

/** What holds a weight or a moment: while rows are deferred, who reads its values gets them all up to date. */
interface Holder {
  values: BackendValues;
  readonly block?: Block;
  deferred?: DeferredRows;
}

/** A weight and its two moments. */
interface Table {
  readonly holders: readonly Holder[];
  readonly rows: number;
  readonly width: number;
}

type Launch = (name: 'adamCatchUp', args: AdamCatchUpArguments, work: Work) => void;

/**
 * A table and its moments, whose rows may have missed steps. A row takes them when it is read by its index (`catchUp`) or
 * gets a gradient; all rows take them when anything else reads the weight or a moment (`settle`).
 */
export class DeferredRows {
  readonly #heap: SharedHeap;
  readonly #launch: Launch;
  readonly #table: Table;
  readonly #lastBlock: Block;
  /** By row, the last step that it has taken. */
  readonly #last: Int32Array;
  readonly #catchUpBlock: Block;
  readonly #catchUps: Float32Array;
  #missed: MissedSteps;
  /** Tensors of indices whose rows are up to date. */
  #read = new WeakSet<object>();

  constructor(heap: SharedHeap, launch: Launch, table: Table, beta1: number, beta2: number) {
    this.#heap = heap;
    this.#launch = launch;
    this.#table = table;
    this.#lastBlock = heap.block(4 * table.rows);
    this.#last = heap.integers(this.#lastBlock.address, table.rows).fill(0);
    this.#catchUpBlock = heap.block((mostSteps + 1) * CatchUp.bytes);
    this.#catchUps = heap.floats(this.#catchUpBlock.address, ((mostSteps + 1) * CatchUp.bytes) / 4);
    this.#missed = new MissedSteps(beta1, beta2);
    for (const holder of table.holders) this.#hold(holder);
  }

  /** Whether there are rows that have missed steps. */
  get behind(): boolean {
    return this.#missed.count > 0;
  }

  get rows(): number {
    return this.#table.rows;
  }

  /** Addresses of the weight and its moments, whose rows may be behind. */
  get where(): readonly number[] {
    return this.#table.holders.map(({ block }) => block!.address);
  }

  /** Whether these are the decays of the moments. */
  decaysAs(beta1: number, beta2: number): boolean {
    return this.#missed.beta1 === beta1 && this.#missed.beta2 === beta2;
  }

  /** Notes a step that these rows have taken, which were up to date: the other rows have missed it. */
  step(step: Step, rows: Int32Array): void {
    this.#missed.add(step);
    for (let i = 0; i < rows.length; i++) this.#last[rows[i]] = this.#missed.count;
    this.#read = new WeakSet();
    if (this.#missed.isFull) this.settle();
  }

  /**
   * Brings rows up to date.
   * @param key stands for these indices: the same ones are looked at once per step. Default: they are always looked at.
   */
  catchUp(indices: Int32Array, key?: object): void {
    if (!this.behind || (key !== undefined && this.#read.has(key))) return;
    const last = this.#last;
    const now = this.#missed.count;
    const address = this.#heap.allocate(4 * indices.length);
    const rows = this.#heap.integers(address, indices.length);
    let count = 0;
    for (let i = 0; i < indices.length; i++) {
      const row = indices[i];
      const step = last[row];
      if (step < 0 || step === now) continue;
      this.#missed.write(this.#catchUps, step);
      last[row] = ~step; // is in the list
      rows[count++] = row;
    }
    if (count > 0) this.#run(address, count, now);
    this.#heap.free(address, 4 * indices.length);
    if (key !== undefined) this.#read.add(key);
  }

  /** Brings all rows up to date. */
  settle(): void {
    if (!this.behind) return;
    for (let step = 0; step < this.#missed.count; step++) this.#missed.write(this.#catchUps, step);
    this.#run(undefined, this.#table.rows, 0);
    this.#missed.clear();
  }

  #run(rows: number | undefined, count: number, mark: number): void {
    const { width } = this.#table;
    const [w, m, v] = this.where;
    const last = this.#lastBlock.address;
    const catchUps = this.#catchUpBlock.address;
    const now = this.#missed.count;
    const grain = Math.ceil(4e5 / (25 * width));
    this.#launch('adamCatchUp', { w, m, v, width, last, catchUps, now, mark, rows }, { count, grain });
  }

  /** Brings all rows up to date, and lets go of the weight and the moments. */
  end(): void {
    this.settle();
    for (const holder of this.#table.holders) {
      const { values } = holder;
      Object.defineProperty(holder, 'values', { value: values, writable: true });
      delete holder.deferred;
    }
    this.#heap.release(this.#lastBlock);
    this.#heap.release(this.#catchUpBlock);
  }

  #hold(holder: Holder): void {
    const { values } = holder;
    const get = () => {
      this.settle();
      return values;
    };
    Object.defineProperty(holder, 'values', { get, configurable: true, enumerable: true });
    holder.deferred = this;
  }

  /** Returns which steps rows have missed: the last step of each row, and the steps. */
  state(): { last: Int32Array; steps: Float64Array } {
    return { last: this.#last.slice(), steps: this.#missed.state() };
  }

  /**
   * Takes over a state, for rows as they were then, and returns whether it has as many rows. If not, nothing changes.
   */
  restore(last: Int32Array, steps: Float64Array): boolean {
    const missed = MissedSteps.restore(steps);
    const fits = last.length === this.#last.length && last.every((step) => step >= 0 && step <= (missed?.count ?? -1));
    if (missed === undefined || !fits) return false;
    this.#missed = missed;
    this.#last.set(last);
    this.#read = new WeakSet();
    return true;
  }
}
