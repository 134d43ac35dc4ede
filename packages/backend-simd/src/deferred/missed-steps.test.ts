import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CatchUp } from '../generated/arguments.js';
import { canDefer, MissedSteps, mostSteps, type Step } from './missed-steps.js';

const fields = CatchUp.bytes / 4;

/** The distance that a weight moves for m = 1, by its root of v: the terms that `CatchUp` has. */
const moved = (catchUps: Float32Array, step: number, root: number): number => {
  const at = step * fields;
  return [0, 1, 2].reduce((sum, i) => sum + catchUps[at + i] / (root + catchUps[at + 3 + i]), 0);
};

/** The same, one step after another. */
const movedInTurn = (steps: readonly Step[], root: number, beta1: number, beta2: number): number =>
  steps.reduce(
    (sum, { rate, epsilon, decay }, i) =>
      sum * (1 - decay) + (rate * beta1 ** (i + 1)) / (root * beta2 ** ((i + 1) / 2) + epsilon),
    0,
  );

const betas = fc.constantFrom([0.9, 0.98], [0.9, 0.999], [0.5, 0.9], [0, 0.98], [0.99, 0.9999]);

describe('MissedSteps', () => {
  it('is what the steps do in turn, for any number of them, any rates and any size of v (property)', () => {
    const step = fc.record({
      rate: fc.oneof(fc.constant(0), fc.double({ min: 1e-8, max: 0.1, noNaN: true })),
      epsilon: fc.double({ min: 0.5e-8, max: 1e-8, noNaN: true }),
      decay: fc.constantFrom(0, 0.01),
    });
    const catchUps = new Float32Array((mostSteps + 1) * fields);
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 400 }),
        fc.nat(),
        fc.double({ min: -12, max: 0, noNaN: true }),
        betas,
        (steps, from, exponent, [beta1, beta2]) => {
          const missed = new MissedSteps(beta1, beta2);
          for (const step of steps) missed.add(step);
          const last = from % steps.length;
          missed.write(catchUps);
          const root = 10 ** exponent;
          const since = steps.slice(last);
          const expected = movedInTurn(since, root, beta1, beta2);
          const largest =
            movedInTurn(
              since.map((s) => ({ ...s, epsilon: 0 })),
              1,
              beta1,
              beta2,
            ) /
            (root + 1e-8);
          const error = Math.abs(moved(catchUps, last, root) - expected) / Math.max(largest, 1e-30);
          expect(error).toBeLessThan(3e-5); // epsilon jumps here, which three terms follow less well
          const at = last * fields;
          expect(catchUps[at + 6]).toBeCloseTo(1 - since.reduce((kept, { decay }) => kept * (1 - decay), 1), 6);
          expect(catchUps[at + 7]).toBeCloseTo(beta1 ** since.length, 6);
          expect(catchUps[at + 8]).toBeCloseTo(beta2 ** since.length, 6);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('continues from a state bit for bit', () => {
    const steps = Array.from({ length: 500 }, (_, i) => ({ rate: 1e-3 * Math.cos(i), epsilon: 1e-8, decay: 1e-4 }));
    const [whole, resumed] = [0, 1].map((resume) => {
      let missed = new MissedSteps(0.9, 0.98);
      const catchUps = new Float32Array((mostSteps + 1) * fields);
      steps.forEach((step, i) => {
        if (resume && i === 123) missed = MissedSteps.restore(missed.state())!;
        missed.add(step);
      });
      missed.write(catchUps);
      return catchUps;
    });
    expect(resumed).toEqual(whole);
  });

  it('writes after each step what it would write only at the end (property)', () => {
    const step = fc.record({
      rate: fc.constantFrom(0, 1e-3),
      epsilon: fc.constantFrom(1e-8, 2e-8),
      decay: fc.constantFrom(0, 0, 0, 1e-4),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), betas, (steps, [beta1, beta2]) => {
        const [often, once] = [0, 1].map(() => new Float32Array((mostSteps + 1) * fields));
        const missed = new MissedSteps(beta1, beta2);
        for (const step of steps) {
          missed.add(step);
          missed.write(often);
        }
        MissedSteps.restore(missed.state())!.write(once);
        expect(often.every((value, i) => value === once[i])).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('refuses what is no state', () => {
    const state = new MissedSteps(0.9, 0.98).state();
    expect(MissedSteps.restore(state)).toBeDefined();
    expect(MissedSteps.restore(state.slice(1))).toBeUndefined();
    expect(MissedSteps.restore(Float64Array.of(0.9, 0.9, 1))).toBeUndefined();
    expect(MissedSteps.restore(new Float64Array(3 + 8 * (mostSteps + 1)).fill(0.5))).toBeUndefined();
  });

  it('defers where the moments decay as they must', () => {
    expect([canDefer(0.9, 0.98), canDefer(0.9, 0.999), canDefer(0, 0.5)]).toEqual([true, true, true]);
    expect([canDefer(0.9, 0.95), canDefer(0.9, 0.9), canDefer(0, 0), canDefer(0.9, 1)]).toEqual(Array(4).fill(false));
  });
});
