import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runExample } from '../../../test/support/run-example.js';

it('the example of the README runs as written', () => {
  const stdout = runExample(fileURLToPath(new URL('..', import.meta.url)));
  expect(stdout.split('\n').slice(0, 4)).toEqual(['1.5', '0.6666666666666666', '0.5', String((1 + 2 / 5) / 3)]);
  expect(stdout).toContain('pValue');
});
