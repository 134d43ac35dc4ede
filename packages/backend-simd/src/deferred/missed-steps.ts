/*
 * Steps of Adam without a gradient, as one.
 *
 * After k such steps the moments of a row are m beta1^k and v beta2^k, and step j, the k-th after step s, subtracts
 *
 *   rate_j m beta1^k / (√v beta2^(k/2) + epsilon_j)  =  m c_j / (√v + u_j),
 *   c_j = rate_j (beta1 / √beta2)^k,   u_j = epsilon_j beta2^(-k/2).
 *
 * So all of them subtract m · Σ c_j / (√v + u_j). The sum is over a few hundred steps, as c_j falls geometrically, but √v is
 * another one in each element. The values u_j lie close together, and three terms r / (√v + e) that agree with c and u in
 * the sums Σ c_j u_j^n, n = 0 .. 5, have the same value almost exactly: they are the Gaussian quadrature of the measure with
 * weight c_j at u_j (Golub & Meurant 2010, chapter 3). For up to three steps they are exact; for more,
 * `missed-steps.test.ts` bounds their error, which is largest where √v is a fraction of epsilon. So epsilon counts as it
 * does in each step.
 *
 * Decay multiplies the weight, and what was subtracted before, by 1 - decay in each step.
 */

import { CatchUp } from '../generated/arguments.js';

/** A step of Adam, with the bias corrections in the learning rate and in epsilon. */
export interface Step {
  readonly rate: number;
  readonly epsilon: number;
  /** Learning rate times weight decay. */
  readonly decay: number;
}

/** Steps after which all rows are brought up to date, so that what is noted stays small. */
export const mostSteps = 2048;
/** Terms smaller than this, relative to the first one, are not counted. */
const negligible = 1e-12;

/** Numbers noted for each step: the sums Σ c (u - origin)^n, n = 0 .. 5, the factor of the weight, and the origin. */
const noted = 8;
const numSums = 6;
const factorAt = 6;
const originAt = 7;

/**
 * Returns whether steps without a gradient can be taken at once. They can if epsilon, which grows in relation to √v, hardly
 * counts before m is gone: `beta1 <= beta2⁴`, as 0.9 and 0.98, or 0.9 and 0.999.
 */
export const canDefer = (beta1: number, beta2: number): boolean => beta2 > 0 && beta2 < 1 && beta1 <= beta2 ** 4;

/** The steps since all rows were up to date, and for each what a row has to do that has taken none after it. */
export class MissedSteps {
  #count = 0;
  /** Epsilon of the first step, the unit of u. */
  #unit = 1;
  readonly #notes = new Float64Array((mostSteps + 1) * noted);
  /** By step, the step for which its terms were written. */
  readonly #written = new Int32Array(mostSteps + 1);
  /** The step for which all was written. */
  #allWritten = 0;
  /** The last step with decay, which changes what all steps before it have noted. */
  #decayed = 0;
  /** Powers of beta1, beta2, beta1 / √beta2 and 1 / √beta2. */
  readonly #powers: readonly (readonly number[])[];
  /** Number of steps whose terms are not negligible. */
  readonly #window: number;

  constructor(
    readonly beta1: number,
    readonly beta2: number,
  ) {
    const ratio = beta1 / Math.sqrt(beta2);
    this.#window = Math.min(mostSteps, Math.max(1, Math.ceil(Math.log(negligible) / Math.log(ratio))));
    const steps = Array.from({ length: mostSteps + 1 }, (_, k) => k);
    this.#powers = [beta1, beta2, ratio, 1 / Math.sqrt(beta2)].map((base) => steps.map((k) => base ** k));
  }

  /** Steps taken since all rows were up to date. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === mostSteps;
  }

  /** Notes that all rows are up to date. */
  clear(): void {
    this.#count = 0;
    this.#allWritten = 0;
    this.#decayed = 0;
    this.#written.fill(0);
  }

  /** Notes a step. */
  add({ rate, epsilon, decay }: Step): void {
    const notes = this.#notes;
    const [, , ratios, roots] = this.#powers;
    if (this.#count === 0) this.#unit = epsilon > 0 ? epsilon : 1;
    const at = this.#count * noted;
    notes.fill(0, at, at + numSums);
    notes[at + factorAt] = 1;
    notes[at + originAt] = (epsilon / this.#unit) * roots[1];
    this.#count += 1;
    const now = this.#count;
    for (let s = Math.max(0, now - this.#window); s < now; s++) {
      const at = s * noted;
      const u = (epsilon / this.#unit) * roots[now - s] - notes[at + originAt];
      let term = decay === 1 ? 0 : (rate * ratios[now - s]) / (1 - decay);
      for (let n = 0; n < numSums; n++) {
        notes[at + n] += term;
        term *= u;
      }
    }
    if (decay === 0) return;
    this.#decayed = now;
    for (let s = 0; s < now; s++) {
      for (let n = 0; n <= factorAt; n++) notes[s * noted + n] *= 1 - decay;
    }
  }

  /**
   * Writes what rows have to do, by their last step, unless it is written already.
   * @param catchUps array of `CatchUp` by step, always the same one.
   */
  write(catchUps: Float32Array): void {
    if (this.#allWritten === this.#count) return;
    this.#allWritten = this.#count;
    const [beta1s, beta2s] = this.#powers;
    for (let step = 0; step < this.#count; step++) {
      const changed = Math.max(this.#decayed, Math.min(this.#count, step + this.#window));
      if (this.#written[step] < changed) this.#writeTerms(catchUps, step);
      catchUps[step * numFields + 7] = beta1s[this.#count - step];
      catchUps[step * numFields + 8] = beta2s[this.#count - step];
    }
  }

  #writeTerms(catchUps: Float32Array, step: number): void {
    this.#written[step] = this.#count;
    const at = step * numFields;
    const terms = quadrature(this.#notes, step * noted);
    for (let i = 0; i < 3; i++) {
      catchUps[at + i] = terms[i];
      catchUps[at + 3 + i] = (this.#notes[step * noted + originAt] + terms[3 + i]) * this.#unit;
    }
    catchUps[at + 6] = 1 - this.#notes[step * noted + factorAt];
  }

  /** Returns a copy of all that is noted. */
  state(): Float64Array {
    const { beta1, beta2 } = this;
    return Float64Array.of(beta1, beta2, this.#unit, ...this.#notes.subarray(0, this.#count * noted));
  }

  /** Returns what `state` returned, as it was; undefined if it is not such a state. */
  static restore(state: Float64Array): MissedSteps | undefined {
    const [beta1, beta2, unit] = state;
    const count = (state.length - 3) / noted;
    if (!Number.isInteger(count) || count < 0 || count > mostSteps || !canDefer(beta1, beta2)) return undefined;
    const missed = new MissedSteps(beta1, beta2);
    missed.#count = count;
    missed.#unit = unit;
    missed.#decayed = count; // all is written again
    missed.#notes.set(state.subarray(3));
    return missed;
  }
}

/** Fields of `CatchUp`, in whose order they are written. */
const numFields = CatchUp.bytes / 4;
const terms = new Float64Array(6);

/**
 * Returns the weights and the nodes of the quadrature with three nodes, in one array that is used again. Where rounding leaves
 * no third node, or no second one, because the measure is at as few points, or hardly more, its weight is 0.
 *
 * @param sums of the measure, n = 0 .. 5, from the place `at`.
 */
const quadrature = (sums: Float64Array, at: number): Float64Array => {
  const total = sums[at];
  if (!(total > 1e-30)) return terms.fill(0); // less than any float32 can tell
  const mean = sums[at + 1] / total;
  const second = sums[at + 2] / total;
  const third = sums[at + 3] / total;
  const variance = second - mean * mean;
  const sigma = Math.sqrt(variance);
  // Central moments, in units of the standard deviation.
  const skew = (third - 3 * mean * second + 2 * mean ** 3) / sigma ** 3;
  if (variance > 1e-10 * second && Math.abs(skew) < 1e3) {
    const fourth = sums[at + 4] / total;
    const four = (fourth - 4 * mean * third + 6 * mean ** 2 * second - 3 * mean ** 4) / sigma ** 4;
    const norm = four - skew * skew - 1;
    if (norm > 1e-8) {
      const fifth = sums[at + 5] / total;
      const five =
        (fifth - 5 * mean * fourth + 10 * mean ** 2 * third - 10 * mean ** 3 * second + 4 * mean ** 5) / sigma ** 5;
      if (threeNodes(skew, four, five, norm)) return scaled(total, mean, sigma);
    }
    twoNodes(skew);
    return scaled(total, mean, sigma);
  }
  terms.fill(0);
  terms[0] = 1;
  return scaled(total, mean, 0);
};

/** Turns the quadrature of a measure with mean 0, variance 1 and total 1 into that of another one. */
const scaled = (total: number, mean: number, sigma: number): Float64Array => {
  for (let i = 0; i < 3; i++) {
    terms[i] *= total;
    terms[3 + i] = mean + sigma * terms[3 + i];
  }
  return terms;
};

/** The roots of the orthogonal polynomial x² - skew x - 1. */
const twoNodes = (skew: number): void => {
  const root = Math.sqrt(skew * skew + 4);
  terms[0] = (root + skew) / (2 * root);
  terms[1] = (root - skew) / (2 * root);
  terms[2] = 0;
  terms[3] = (skew - root) / 2;
  terms[4] = (skew + root) / 2;
  terms[5] = 0;
};

/** The roots of the next one, x³ - 3 b x² + c x + d. Returns false if rounding leaves no measure. */
const threeNodes = (skew: number, four: number, five: number, norm: number): boolean => {
  const d = (five - 2 * skew * four + skew ** 3) / norm;
  const b = (skew + d) / 3;
  const c = d * skew - 1 - norm;
  const p = Math.sqrt(b * b - c / 3);
  const angle = Math.acos((b ** 3 - (b * c + d) / 2) / p ** 3) / 3;
  for (let i = 0; i < 3; i++) terms[3 + i] = b + 2 * p * Math.cos(angle - (2 * Math.PI * i) / 3);
  for (let i = 0; i < 3; i++) {
    const [x, y, z] = [terms[3 + i], terms[3 + ((i + 1) % 3)], terms[3 + ((i + 2) % 3)]];
    terms[i] = (1 + y * z) / ((x - y) * (x - z));
    if (!(terms[i] >= 0 && terms[i] <= 1)) return false;
  }
  return true;
};
