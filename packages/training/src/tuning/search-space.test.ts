import { Rng } from '@recsys/data';
import { describe, expect, it } from 'vitest';
import { drawSettings, spaceAround } from './search-space.js';
import { halvingRungs, rankTrials } from './successive-halving.js';

const start = {
  hiddenUnits: 50,
  numBlocks: 1,
  dropoutRate: 0.7,
  learningRate: 0.001,
  maxLength: 50,
  loss: 'gbce',
  numNegatives: 8,
};

describe('drawSettings', () => {
  it('draws each setting from its range, and the same ones for the same stream', () => {
    const space = spaceAround(start, { numItems: 1000 });
    const drawn = Array.from({ length: 300 }, (_, i) => drawSettings(space, start, new Rng(7, i)));
    expect(drawn[5]).toEqual(drawSettings(space, start, new Rng(7, 5)));
    const valuesOf = (name: string) => drawn.map((settings) => settings[name]);
    expect(new Set(valuesOf('hiddenUnits'))).toEqual(new Set([25, 50, 100]));
    expect(new Set(valuesOf('numBlocks'))).toEqual(new Set([1, 2]));
    expect(new Set(valuesOf('maxLength'))).toEqual(new Set([25, 50, 100]));
    const within = (name: string, low: number, high: number) => {
      const values = valuesOf(name) as number[];
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values)).toBeLessThanOrEqual(high);
      return values;
    };
    within('dropoutRate', 0.4, 0.8);
    const rates = within('learningRate', 0.00025, 0.004).sort((a, b) => a - b);
    // Each factor is equally likely: half of the draws are below the geometric mean.
    expect(rates[150]).toBeGreaterThan(0.0008);
    expect(rates[150]).toBeLessThan(0.00125);
    expect(rates.every((rate) => rate === Number(rate.toPrecision(3)))).toBe(true);
  });

  it('draws a loss together with its negatives, and leaves none of another loss', () => {
    const space = spaceAround(start, { numItems: 100 });
    const pairs = Array.from({ length: 200 }, (_, i) => drawSettings(space, start, new Rng(i)));
    const shown = new Set(pairs.map(({ loss, numNegatives = '' }) => `${loss} ${numNegatives}`));
    expect([...shown].sort()).toEqual([
      'bce 1',
      'cross-entropy ',
      'gbce 64',
      'gbce 8',
      'gbce 99',
      'sampled-softmax 64',
      'sampled-softmax 99',
    ]);
  });

  it('leaves the full softmax out where the catalog is large, keeps widths that heads divide, and knows its settings alone', () => {
    const { loss } = spaceAround({ loss: 'bce' }, { numItems: 1e6 });
    expect(JSON.stringify(loss)).not.toContain('cross-entropy');
    const { hiddenUnits, ...others } = spaceAround({ hiddenUnits: 54, mine: 3 }, { numItems: 9, numHeads: 2 });
    expect(hiddenUnits).toEqual({ kind: 'choice', values: [28, 54, 108] });
    expect(others).toEqual({});
  });
});

describe('halvingRungs', () => {
  it.each([
    { trials: 20, epochs: 90, eta: 3, rungs: '20x10 6x30 2x90' },
    { trials: 8, epochs: 8, eta: 2, rungs: '8x1 4x2 2x4 1x8' },
    { trials: 100, epochs: 3, eta: 3, rungs: '100x1 33x3' },
    { trials: 27, epochs: 1, eta: 3, rungs: '27x1' },
    { trials: 1, epochs: 40, eta: 3, rungs: '1x40' },
  ])('$trials trials, $epochs epochs, eta $eta: $rungs', ({ rungs, ...options }) => {
    const found = halvingRungs(options).map(({ trials, epochs }) => `${trials}x${epochs}`);
    expect(found.join(' ')).toBe(rungs);
  });
});

describe('rankTrials', () => {
  it('puts the highest value first, of equal ones the first trial, and leaves out those without', () => {
    const trials = [0.1, 0.3, null, 0.3, -1].map((value, trial) => ({ trial, value }));
    expect(rankTrials(trials.reverse()).map(({ trial }) => trial)).toEqual([1, 3, 0, 4]);
  });
});
