import { beforeAll, expect, it } from 'vitest';
import { bundleSpecs, runSpecs, type SpecResult } from './run.ts';

/** Specs of moving data between two `cpu` backends, which tfjs-core runs on `cpu` alone. None is left out by us. */
const specsOfCpuAlone = 2;

const count = (results: readonly SpecResult[], status: SpecResult['status']) =>
  results.filter((result) => result.status === status).length;

beforeAll(bundleSpecs, 120_000);

it("passes all of tfjs-core's own suite, as cpu does", { timeout: 300_000 }, () => {
  const cpu = runSpecs('cpu');
  const simd = runSpecs('simd');
  const failed = simd.filter(({ status }) => status === 'failed').map(({ name, message }) => `${name}: ${message}`);
  expect(failed).toEqual([]);
  expect(count(simd, 'passed')).toBe(count(cpu, 'passed') - specsOfCpuAlone);
  expect(count(simd, 'pending')).toBe(count(cpu, 'pending'));
  expect(count(simd, 'passed')).toBeGreaterThan(4000);
});
