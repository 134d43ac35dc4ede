import { countData, leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { describe, expect, it } from 'vitest';
import { recommendedModel, SASRec } from './index.js';

await selectBackend();

describe('recommendedModel', () => {
  const trainOf = (options: { users: number; items: number; meanLength: number }) =>
    leaveOneOut(toSequences(simulateInteractions({ seed: 1, ...options }).interactions)).train;
  const countsOf = (options: Parameters<typeof trainOf>[0]) => countData(trainOf(options));

  it('drops more where items have few interactions, and sees longer histories where there are some', () => {
    const sparse = recommendedModel(countsOf({ users: 300, items: 600, meanLength: 6 }));
    const dense = recommendedModel(countsOf({ users: 300, items: 120, meanLength: 60 }));
    expect(sparse.dropoutRate).toBe(0.75);
    expect(dense.dropoutRate).toBeLessThan(0.5);
    expect(sparse.maxLength).toBe(50);
    expect(dense.maxLength).toBeGreaterThan(50);
    expect(dense.maxLength).toBeLessThanOrEqual(200);
  });

  it('are options that a SASRec takes', () => {
    const train = trainOf({ users: 50, items: 20, meanLength: 5 });
    const model = new SASRec({ ...recommendedModel(countData(train)), catalog: train.catalog });
    expect(model.config).toMatchObject(recommendedModel(countData(train)));
    model.dispose();
  });
});
