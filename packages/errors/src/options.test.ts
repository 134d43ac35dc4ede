import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { assertInteger, assertKnownOptions, assertRange, parseOptions, RecsysError } from './index.js';

class TestError extends RecsysError {}
const ErrorClass = TestError;
const schema = z.strictObject({
  k: z.int().min(1),
  seed: z.int().default(0),
  deep: z.strictObject({ rate: z.number() }).optional(),
});
const parse = (options: unknown) => parseOptions('evaluate', schema, options, { ErrorClass });

describe('parseOptions', () => {
  it('fills in defaults', () => expect(parse({ k: 5 })).toEqual({ k: 5, seed: 0 }));

  it.each([
    [{ k: 0 }, /^evaluate: option k: .*, got 0$/],
    [{ k: 'x' }, /^evaluate: option k: .*, got "x"$/],
    [{ k: 1, deep: { rate: 'a' } }, /^evaluate: option deep\.rate: .*, got "a"$/],
    [{ K: 1 }, /^evaluate: unknown option K$/],
    [{ k: 1, deep: { rate: 1, ratio: 2 } }, /^evaluate: unknown option ratio in deep$/],
    [{}, /^evaluate: option k is missing$/],
    [{ k: 1n }, /, got 1n$/],
    [{ k: 'x'.repeat(1000) }, /^.{0,300}$/],
    [7, /^evaluate: options: .*, got 7$/],
  ])('rejects %o', (options, message) => {
    expect(() => parse(options)).toThrow(message);
    expect(() => parse(options)).toThrow(TestError);
  });
});

describe('assertions', () => {
  it('accept values in range', () => {
    assertInteger('f', 'k', 3, { minimum: 1, maximum: 3, ErrorClass });
    assertRange('f', 'rate', 0, { from: 0, below: 1, ErrorClass });
    assertRange('f', 'weight', 1e9, { from: 0, ErrorClass });
    assertKnownOptions('f', { k: 1 }, ['k', 'seed'], { ErrorClass });
  });

  it('report function, option, range and value', () => {
    expect(() => assertInteger('f', 'k', 1.5, { minimum: 1, ErrorClass })).toThrow(
      'f: k must be an integer >= 1, got 1.5',
    );
    expect(() => assertInteger('f', 'k', 9, { minimum: 1, maximum: 3, ErrorClass })).toThrow(
      'f: k must be an integer from 1 to 3, got 9',
    );
    expect(() => assertRange('f', 'rate', 1, { from: 0, below: 1, ErrorClass })).toThrow(
      'f: rate must be in [0, 1), got 1',
    );
    expect(() => assertRange('f', 'weight', Number.NaN, { from: 0, ErrorClass })).toThrow(
      'f: weight must be a number >= 0, got NaN',
    );
    expect(() => assertKnownOptions('f', { topK: 3 }, ['k'], { ErrorClass })).toThrow(
      'f: unknown option topK; options are k',
    );
    expect(() => assertKnownOptions('f', { a: 1 }, [], { ErrorClass })).toThrow('f: unknown option a; it takes none');
  });
});
