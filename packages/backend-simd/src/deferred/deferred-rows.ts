import type { BackendValues } from '@tensorflow/tfjs-core';
import { type AdamCatchUpArguments, CatchUp, NO_MOMENTS } from '../generated/arguments.js';
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
  /** By row, the last step that it has taken, or `NO_MOMENTS`. */
  readonly #last: Int32Array;
  readonly #catchUpBlock: Block;
  readonly #catchUps: Float32Array;
  #missed: MissedSteps;
  /** Whether the last step of a row may be `NO_MOMENTS`. */
  #mayHaveNone = false;
  /** Whether moments may have changed that rows without them did not have; then no row is behind. */
  #momentsUnknown = true;
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

  /** Prepares for a step. Returns what its kernel notes of the rows that take it: where, and the number of the step. */
  start({ decay, epsilon }: Step): { last: number; now: number } {
    const movesAll = decay !== 0 || epsilon === 0;
    if (this.#momentsUnknown) {
      if (movesAll) this.#last.fill(0);
      else this.#findMoments();
    } else if (movesAll && this.#mayHaveNone) this.#countMoments();
    this.#momentsUnknown = false;
    this.#mayHaveNone = !movesAll && this.#mayHaveNone;
    return { last: this.#lastBlock.address, now: this.#missed.count + 1 };
  }

  /** Notes the step that rows have just taken, which were up to date: the other rows have missed it. */
  step(step: Step): void {
    this.#missed.add(step);
    this.#read = new WeakSet();
    if (this.#missed.isFull) this.settle();
  }

  /**
   * Brings rows up to date.
   * @param rows address of `count` rows, int32, in the table each.
   * @param key stands for these rows: the same ones are looked at once per step. Default: they are always looked at.
   */
  catchUp(rows: number, count: number, key?: object): void {
    if (!this.behind || (key !== undefined && this.#read.has(key))) return;
    this.#run(rows, count);
    if (key !== undefined) this.#read.add(key);
  }

  /**
   * Brings all rows up to date.
   * @param reader what is about to be read or changed. Default: the weight.
   */
  settle(reader = this.#table.holders[0]): void {
    if (reader !== this.#table.holders[0]) this.#momentsUnknown = true;
    if (!this.behind) return;
    this.#run(undefined, this.#table.rows);
    this.#missed.clear();
  }

  #run(rows: number | undefined, count: number): void {
    const { width } = this.#table;
    const [w, m, v] = this.where;
    const last = this.#lastBlock.address;
    const catchUps = this.#catchUpBlock.address;
    this.#missed.write(this.#catchUps);
    const now = this.#missed.count;
    const grain = Math.ceil(4e5 / (25 * width));
    this.#launch('adamCatchUp', { w, m, v, width, last, catchUps, now, rows }, { count, grain });
  }

  /** Finds the rows without moments, where no row is behind. */
  #findMoments(): void {
    const { rows, width } = this.#table;
    const [, m, v] = this.where.map((address) => this.#heap.integers(address, rows * width));
    for (let row = 0; row < rows; row++) {
      let i = row * width;
      while (i < (row + 1) * width && (m[i] | v[i]) === 0) i++;
      this.#last[row] = i === (row + 1) * width ? NO_MOMENTS : 0;
    }
    this.#mayHaveNone = true;
  }

  /** Counts zeros as moments too, before a step that changes every row. */
  #countMoments(): void {
    const { count } = this.#missed;
    for (let row = 0; row < this.#last.length; row++) if (this.#last[row] === NO_MOMENTS) this.#last[row] = count;
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
      this.settle(holder);
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
    this.#findMoments();
    const isStep = (step: number, row: number) =>
      step === NO_MOMENTS ? this.#last[row] === NO_MOMENTS : step >= 0 && step <= (missed?.count ?? -1);
    const fits = last.length === this.#last.length && last.every(isStep);
    if (missed === undefined || !fits) return false;
    this.#missed = missed;
    this.#momentsUnknown = false;
    this.#last.set(last);
    this.#read = new WeakSet();
    return true;
  }
}
