import type { IdMap } from '@recsys/data';
import type { SequentialModel } from '@recsys/model';
import { type ConformanceOptions, checksOf } from './checks.js';

/** The two functions of a test runner that the suite needs; those of vitest, Jest and node:test fit. */
export interface TestRunner {
  describe(name: string, define: () => void): unknown;
  // A runner's own type of test function: any of them takes an asynchronous function without arguments.
  it(name: string, run: () => Promise<void>, timeoutMs?: number): unknown;
}

/**
 * Declares the tests that every `SequentialModel` must pass: shapes, causality, independence of sequences packed together, the newest state,
 * a gradient for each weight, no leaked tensor, save and load, and learning.
 *
 * A tfjs backend must be loaded before the tests run: `await selectBackend()`.
 *
 * @param create makes a small model for a catalog, the same one each time. It is also given the saved configuration of another, which it must
 *   accept.
 * @example
 * import { selectBackend } from '@recsys/model';
 * import { describeSequentialModel } from '@recsys/training/testing';
 * import { describe, it } from 'vitest';
 *
 * await selectBackend();
 * describeSequentialModel((config) => new GRU4Rec({ hiddenUnits: 32, ...config }), { describe, it });
 */
export const describeSequentialModel = (
  create: (config: { catalog: IdMap; maxLength: number }) => SequentialModel,
  { describe, it, ...options }: TestRunner & ConformanceOptions,
): void => {
  describe('as every SequentialModel', () => {
    for (const { name, run } of checksOf(create, options)) it(name, run, 120_000);
  });
};
