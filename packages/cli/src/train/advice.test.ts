import type { SASRec } from '@recsys/sasrec';
import { createLoss, type FitOptions } from '@recsys/training';
import { describe, expect, it } from 'vitest';
import { adviceFor } from './advice.js';

const advice = ({
  wiring = 'paper',
  dropoutRate = 0.5,
  items = 300,
  bestEpoch = 12,
  ...fit
}: Partial<FitOptions> & { wiring?: string; dropoutRate?: number; items?: number; bestEpoch?: number }) => {
  const config = { wiring, dropoutRate, catalog: { ids: { length: items } } } as unknown as SASRec['config'];
  return adviceFor(
    { model: { config }, fit: { epochs: 40, ...fit } },
    { stopped: 'epochs', best: { epoch: bestEpoch, metric: 'ndcg@10', value: 0.1 } },
  );
};

describe('adviceFor', () => {
  it('names another loss and less dropout for the defaults, which are those of the paper', () => {
    expect(advice({ loss: createLoss('bce') })).toBe('try --loss cross-entropy --dropout-rate 0.2');
    expect(advice({ dropoutRate: 0.1 })).toBe('try --loss cross-entropy');
    expect(advice({ items: 1e6 })).toBe('try --loss sampled-softmax --dropout-rate 0.2');
  });

  it('says to train longer only where validation still improved at the end', () => {
    expect(advice({ bestEpoch: 40 })).toBe('train longer, or try --loss cross-entropy --dropout-rate 0.2');
    expect(advice({ bestEpoch: 36 })).not.toContain('longer');
  });

  it('does not name what was tried', () => {
    const loss = createLoss('cross-entropy');
    expect(advice({ loss, dropoutRate: 0.2 })).toBe('try --wiring pre-norm --learning-rate 0.003 --schedule one-cycle');
    const schedule = { kind: 'one-cycle' } as const;
    expect(advice({ loss, schedule, wiring: 'pre-norm' })).toBe('the baseline may be all that this data needs');
  });
});
