import { type EvaluationSet, evaluationHistories, itemIds, leaveOneOut, userIds } from '@recsys/data';
import { comparePaired } from '@recsys/metrics';
import { copyWeights } from '@recsys/model';
import { describe, expect, it } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend } from '../../../../test/support/models.js';
import { compareModels } from './compare-models.js';
import { evaluate } from './evaluate.js';

await useTestBackend();

const split = smallSplit();
const { catalog, test } = split;
const model = new LastItemModel({ catalog, units: 4 });

/** Returns a model of a catalog with the weights of the one of today, for the items that both have. */
const withItems = (ids: readonly (string | number)[]): LastItemModel => {
  const other = new LastItemModel({ catalog: itemIds(ids), units: 4 });
  copyWeights(other, model);
  return other;
};

describe('compareModels', () => {
  it('is evaluate and comparePaired where the catalogs are the same', async () => {
    const earlier = new LastItemModel({ catalog, units: 8 });
    const options = { protocol: 'full', k: [3, 5] } as const;
    const compared = await compareModels(model, earlier, test, { ...options, metric: 'hr@5' });
    expect(compared.model).toEqual(await evaluate(model, test, options));
    expect(compared.earlier).toEqual(await evaluate(earlier, test, options));
    expect(compared.leftOut).toEqual({ newItems: 0, unknownHistories: 0 });
    const hits = [compared.model, compared.earlier].map(({ ranks }) => Array.from(ranks, (rank) => Number(rank < 5)));
    const { value } = comparePaired(hits[0], hits[1], { uniform: () => 0.5 }).difference;
    expect(compared.difference.value).toBeCloseTo(value, 12);
    expect(compared.difference.value).toBeCloseTo(
      compared.model.metrics['hr@5'].value - compared.earlier.metrics['hr@5'].value,
      12,
    );
  });

  it.each(['full', 'sampled'] as const)(
    'finds no difference from the same weights in another order: %s',
    async (protocol) => {
      const {
        difference,
        pValue,
        model: own,
        earlier,
      } = await compareModels(model, withItems([...catalog.ids].reverse()), test, { protocol });
      expect(earlier.ranks).toEqual(own.ranks);
      expect([difference.value, pValue]).toEqual([0, 1]);
    },
  );

  it('leaves out new items, as targets and as candidates, and shows the earlier model the items that it knows', async () => {
    const gone = catalog.ids.slice(0, 4); // items that the earlier model does not know
    const earlier = withItems(['no-longer-sold', ...catalog.ids.slice(4)]);
    const compared = await compareModels(model, earlier, test, { protocol: 'full', k: [3] });
    const isNew = (item: number) => gone.includes(catalog.ids[item - 1]);
    expect(compared.leftOut.newItems).toBe(test.targets.filter(isNew).length);
    expect(compared.leftOut.newItems).toBeGreaterThan(0);
    expect(compared.model.targets).toEqual(compared.earlier.targets);
    // The same targets in the catalog of the earlier model, whose histories never had the new items.
    const known = [...test.targets.keys()]
      .map((entry) => ({ history: evaluationHistories(test, entry, entry + 1)[0], target: test.targets[entry] }))
      .map(({ history, target }) => ({ history: history.filter((item) => !isNew(item)), target }))
      .filter(({ history, target }) => history.length > 0 && !isNew(target));
    const items = known.map(({ history, target }) => [...history, target].map((item) => item - 4));
    const offsets = Uint32Array.from([0, ...items.map((_, i) => items.slice(0, i + 1).flat().length)]);
    const own: EvaluationSet = leaveOneOut({
      offsets,
      ends: offsets.subarray(1),
      items: Int32Array.from(items.flat()),
      users: userIds(items.map((_, i) => i)),
      catalog: itemIds(catalog.ids.slice(4)),
    }).test;
    // `no-longer-sold` is no candidate; leaveOneOut tests users with at least 3 items.
    const longEnough = items.flatMap(({ length }, i) => (length >= 3 ? [i] : []));
    const scored = await evaluate(withItems(catalog.ids.slice(4)), own, { protocol: 'full', k: [3] });
    expect(longEnough.length).toBeGreaterThan(20);
    expect(longEnough.map((i) => compared.earlier.ranks[i])).toEqual(Array.from(scored.ranks));
  });

  it('says when there is nothing to compare, and what it cannot use', async () => {
    await expect(compareModels(model, withItems(['x', 'y']), test, { protocol: 'full' })).rejects.toMatchObject({
      code: 'empty-set',
    });
    await expect(
      compareModels(model, model, test, { protocol: 'full', k: [3], metric: 'ndcg@10' }),
    ).rejects.toMatchObject({ code: 'bad-option' });
    await expect(compareModels(withItems(['x']), model, test, { protocol: 'full' })).rejects.toMatchObject({
      code: 'other-catalog',
    });
  });

  it('counts a history without a known item as unknown', async () => {
    const known = catalog.ids.slice(0, 4);
    const isKnown = (item: number) => known.includes(catalog.ids[item - 1]);
    const { leftOut, model: own } = await compareModels(model, withItems(known), test, { protocol: 'full', k: [1] });
    const entries = [...test.targets.keys()].filter((entry) => isKnown(test.targets[entry]));
    const seen = entries.filter((entry) => evaluationHistories(test, entry, entry + 1)[0].some(isKnown));
    expect(leftOut).toEqual({
      newItems: test.targets.length - entries.length,
      unknownHistories: entries.length - seen.length,
    });
    expect(leftOut.unknownHistories).toBeGreaterThan(0);
    expect(Array.from(own.targets)).toEqual(seen.map((entry) => test.targets[entry]));
  });
});
