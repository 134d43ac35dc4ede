import { beforeAll, expect, it } from 'vitest';
import { mainEngines } from '../support/engines.ts';
import { bundleSpecs, runSpecs, type SpecResult } from './run.ts';

/**
 * Number of specs that move data between two `cpu` backends, which tfjs-core runs only on `cpu`. We exclude no others.
 */
const specsOfCpuAlone = 2;

const count = (results: readonly SpecResult[], status: SpecResult['status']) =>
  results.filter((result) => result.status === status).length;

let cpu: SpecResult[];
beforeAll(async () => {
  await bundleSpecs();
  cpu = runSpecs('cpu');
}, 300_000);

it.each(mainEngines)('%s passes all specs of tfjs-core that cpu passes', { timeout: 300_000 }, (build) => {
  const simd = runSpecs('simd', build);
  const failed = simd.filter(({ status }) => status === 'failed').map(({ name, message }) => `${name}: ${message}`);
  expect(failed).toEqual([]);
  expect(count(simd, 'passed')).toBe(count(cpu, 'passed') - specsOfCpuAlone);
  expect(count(simd, 'pending')).toBe(count(cpu, 'pending'));
  expect(count(simd, 'passed')).toBeGreaterThan(4000);
});
