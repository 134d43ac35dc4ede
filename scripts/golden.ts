/**
 * Compares golden files with our model on the simd, wasm and cpu backends: `pnpm golden FILE...`. Exits with 1 if an
 * error exceeds 1e-4.
 */
import { readFileSync } from 'node:fs';
import { selectBackend } from '@recsys/model';
import { type HstuGolden, hstuGoldenErrors } from '../test/support/golden-hstu.ts';
import { type Golden, goldenErrors } from '../test/support/golden-sasrec.ts';

const tolerance = 1e-4;
const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: pnpm golden FILE...   (golden files, as JSON)');
  process.exit(2);
}

let failed = 0;
for (const file of files) {
  const golden: Golden | HstuGolden = JSON.parse(readFileSync(file, 'utf8'));
  for (const prefer of ['simd', 'wasm', 'cpu'] as const) {
    const { backend } = await selectBackend({ prefer });
    const errors =
      golden.config.wiring === 'hstu' ? hstuGoldenErrors(golden as HstuGolden) : goldenErrors(golden as Golden);
    const worst = Math.max(...errors.values());
    failed += worst > tolerance ? 1 : 0;
    console.log(
      `${golden.name} on ${backend}: ${worst > tolerance ? 'FAILED' : 'ok'}, largest error ${worst.toExponential(1)}`,
    );
    for (const [name, error] of errors) console.log(`  ${error.toExponential(1).padStart(8)}  ${name}`);
  }
}
console.log(failed === 0 ? `all within ${tolerance}` : `${failed} above ${tolerance}`);
process.exit(failed === 0 ? 0 : 1);
