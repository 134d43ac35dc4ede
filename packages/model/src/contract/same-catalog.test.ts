import { itemIds } from '@recsys/data';
import { describe, expect, it } from 'vitest';
import { LastItemModel, letters, useTestBackend } from '../../../../test/support/models.js';
import { assertSameCatalog } from './same-catalog.js';

await useTestBackend();

describe('assertSameCatalog', () => {
  const model = new LastItemModel({ catalog: letters(3) });
  const check = (ids: readonly (string | number)[]) => () => assertSameCatalog('fit', model, itemIds([...ids]));

  it('accepts the same catalog, and a copy of it', () => {
    expect(() => assertSameCatalog('fit', model, model.config.catalog)).not.toThrow();
    expect(check(['a', 'b', 'c'])).not.toThrow();
  });

  it('refuses another order, another length and ids of another type, naming the first that differs', () => {
    expect(check(['a', 'c', 'b'])).toThrow(`item 2 of 3 is "c", in the model's 3 it is "b"`);
    expect(check(['a', 'b'])).toThrow(`item 3 of 2 is no item, in the model's 3 it is "c"`);
    expect(check(['a', 'b', 'c', 'd'])).toThrow(`item 4 of 4 is "d", in the model's 3 it is no item`);
    const numbers = new LastItemModel({ catalog: itemIds([1, 2]) });
    expect(() => assertSameCatalog('evaluate', numbers, itemIds(['1', '2']))).toThrow(
      expect.objectContaining({ code: 'other-catalog' }),
    );
  });
});
