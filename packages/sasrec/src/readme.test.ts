import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runExample } from '../../../test/support/run-example.js';

it('the example of the README runs as written', () => {
  const stdout = runExample(fileURLToPath(new URL('..', import.meta.url)));
  expect(stdout.match(/item: 'item-\d+'/g)).toHaveLength(6);
});
