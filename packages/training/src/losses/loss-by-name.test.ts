import { describe, expect, it } from 'vitest';
import { createLoss, lossNames } from './loss-by-name.js';

describe('createLoss', () => {
  it('makes each loss by its short name, with its own options', () => {
    for (const name of lossNames) expect(createLoss(name).compute).toBeTypeOf('function');
    expect(createLoss('gbce', { numNegatives: 7, calibration: 0.5 })).toMatchObject({
      name: 'generalized-binary-cross-entropy-0.5',
      numNegatives: 7,
    });
  });

  it.each(['constructor', 'toString', '__proto__', 'BCE', ''])('refuses the name %j', (name) => {
    expect(() => createLoss(name)).toThrow('createLoss: name must be one of bce, gbce, bpr');
  });

  it.each(lossNames)('%s refuses unknown options and a bad number of negatives', (name) => {
    expect(() => createLoss(name, { negatives: 3 } as object)).toThrow('unknown option negatives');
    expect(() => createLoss(name, { numNegatives: 0 })).toThrow(/numNegatives/);
  });
});
