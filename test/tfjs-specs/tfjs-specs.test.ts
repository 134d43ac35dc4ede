import { beforeAll, expect, it } from 'vitest';
import { bundleSpecs, runSpecs, type SpecResult } from './run.ts';

/**
 * Number of specs that move data between two `cpu` backends, which tfjs-core runs only on `cpu`. We exclude no others.
 */
const specsOfCpuAlone = 2;

const count = (results: readonly SpecResult[], status: SpecResult['status']) =>
  results.filter((result) => result.status === status).length;

beforeAll(bundleSpecs, 120_000);

it('passes all specs of tfjs-core that cpu passes', { timeout: 300_000 }, () => {
  const cpu = runSpecs('cpu');
  const simd = runSpecs('simd');
  const failed = simd.filter(({ status }) => status === 'failed').map(({ name, message }) => `${name}: ${message}`);
  expect(failed).toEqual([]);
  expect(count(simd, 'passed')).toBe(count(cpu, 'passed') - specsOfCpuAlone);
  expect(count(simd, 'pending')).toBe(count(cpu, 'pending'));
  expect(count(simd, 'passed')).toBeGreaterThan(4000);
});
