import { expect, it } from 'vitest';
import { SimdBackendError } from './errors.js';

it('knows its own errors, also those of another copy of the package', () => {
  const error = new SimdBackendError('out-of-memory', 'no room');
  expect(error).toMatchObject({ name: 'SimdBackendError', code: 'out-of-memory', message: 'no room' });
  expect((error as unknown as Record<symbol, unknown>)[Symbol.for('recsys.error')]).toBe(true);
  expect(SimdBackendError.isInstance(error)).toBe(true);

  const ofOtherCopy = Object.assign(new Error('no room'), {
    name: 'SimdBackendError',
    [Symbol.for('recsys.error')]: true,
  });
  expect(SimdBackendError.isInstance(ofOtherCopy)).toBe(true);
});

it.each([new Error('x'), { name: 'SimdBackendError' }, { [Symbol.for('recsys.error')]: true }, null, undefined, 'x'])(
  'knows that %s is none',
  (value) => expect(SimdBackendError.isInstance(value)).toBe(false),
);
