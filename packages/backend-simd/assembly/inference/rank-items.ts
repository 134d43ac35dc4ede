import { product, sumLanes, TILE_ROWS, transposeInto } from '../base';

/*
 * Scores of all items for some hidden states, a panel of items at a time: a score is used while it is in the cache, and
 * no table of scores is written. The panel is transposed, so that the items are along the lanes. A score is the sum of its
 * products in their order, whatever the panel and the rows computed with it.
 */

/** Hidden states that are compared with a panel of items together. A multiple of the rows of every tile. */
export const STATES_AT_ONCE: i32 = 48;
/** Items of a panel: two words of the bits of excluded items, and a multiple of every vector. */
export const ITEM_PANEL: i32 = 64;

/** What the kernels that rank items take. */
@unmanaged
export class ItemScoresArguments {
  /** `[states, units]`. */
  hidden: usize;
  /** `[items, units]`. */
  table: usize;
  /** `[states, words]`: bit i % 32 of word i / 32 says that item i is excluded. `words` is even. */
  excluded: usize;
  states: i32;
  items: i32;
  units: i32;
  words: i32;
}

/**
 * Writes the scores of the items `first .. first + count - 1` for the states `begin .. begin + states - 1`, in rows of
 * `ITEM_PANEL`: -Infinity for excluded items, and after the last one.
 */
function scorePanel(
  args: ItemScoresArguments,
  begin: i32,
  states: i32,
  first: i32,
  count: i32,
  panel: usize,
  scores: usize,
): void {
  const units = args.units;
  const row = <usize>(units << 2);
  transposeInto(args.table + <usize>first * row, row, panel, ITEM_PANEL << 2, count, units);
  const hidden = args.hidden + <usize>begin * row;
  product(hidden, row, panel, ITEM_PANEL << 2, scores, ITEM_PANEL << 2, states, count, units);
  for (let s = 0; s < states; s++) {
    const own = scores + <usize>s * (ITEM_PANEL << 2);
    for (let i = count; i < ITEM_PANEL; i++) store<f32>(own + <usize>(i << 2), -Infinity);
    let bits = load<u64>(args.excluded + <usize>(<usize>(begin + s) * <usize>args.words + <usize>(first >> 5)) * 4);
    while (bits != 0) {
      store<f32>(own + <usize>(ctz<u64>(bits) << 2), -Infinity);
      bits &= bits - 1;
    }
  }
}

@unmanaged
export class BestItemsArguments extends ItemScoresArguments {
  /** Output `[states, parts, k]`: the largest scores of each part of the items, largest first, then -Infinity. */
  values: usize;
  /** Output `[states, parts, k]`: their items; -1 for none. */
  indices: usize;
  k: i32;
  /** Items of a part, a multiple of `ITEM_PANEL`. */
  partItems: i32;
  parts: i32;
}

/**
 * The k best items: of equal scores the lower item comes first, and a score that is not a number comes before all
 * others. Work i is part i % parts for block i / parts of `STATES_AT_ONCE` states. Needs scratch memory for `ITEM_PANEL`
 * columns of units + `STATES_AT_ONCE` rows.
 */
export function bestItems(args: BestItemsArguments, begin: i32, end: i32, scratch: usize): void {
  const k = args.k;
  const parts = args.parts;
  const scores = scratch + <usize>args.units * (ITEM_PANEL << 2);
  for (let work = begin; work < end; work++) {
    const part = work % parts;
    const state = (work / parts) * STATES_AT_ONCE;
    const states = min(STATES_AT_ONCE, args.states - state);
    for (let s = 0; s < states; s++) {
      const at = <usize>(((state + s) * parts + part) * k) << 2;
      emptyList(args.values + at, args.indices + at, k);
    }
    const end = min(args.items, (part + 1) * args.partItems);
    for (let first = part * args.partItems; first < end; first += ITEM_PANEL) {
      scorePanel(args, state, states, first, min(ITEM_PANEL, end - first), scratch, scores);
      for (let s = 0; s < states; s++) {
        const at = <usize>(((state + s) * parts + part) * k) << 2;
        keepBest(scores + <usize>s * (ITEM_PANEL << 2), first, args.values + at, args.indices + at, k);
      }
    }
  }
}

/** Empties a list of the k best scores. */
export function emptyList(values: usize, indices: usize, k: i32): void {
  for (let i = 0; i < k; i++) {
    store<f32>(values + <usize>(i << 2), -Infinity);
    store<i32>(indices + <usize>(i << 2), -1);
  }
}

/** Puts the scores of a panel among the k best ones so far. */
export function keepBest(scores: usize, first: i32, values: usize, indices: usize, k: i32): void {
  const lowest = values + <usize>((k - 1) << 2);
  for (let i = 0; i < ITEM_PANEL; i += 4) {
    const at = scores + <usize>(i << 2);
    if (!v128.any_true(v128.not(f32x4.le(v128.load(at), v128.load32_splat(lowest))))) continue;
    for (let j = i; j < i + 4; j++) {
      const score = load<f32>(scores + <usize>(j << 2));
      if (!(score > load<f32>(lowest)) && score == score) continue;
      let place = k - 1;
      for (; place > 0; place--) {
        const above = load<f32>(values + <usize>((place - 1) << 2));
        if (!(above < score || score != score)) break;
        store<f32>(values + <usize>(place << 2), above);
        store<i32>(indices + <usize>(place << 2), load<i32>(indices + <usize>((place - 1) << 2)));
      }
      store<f32>(values + <usize>(place << 2), score);
      store<i32>(indices + <usize>(place << 2), first + j);
    }
  }
}

@unmanaged
export class CountAboveArguments extends ItemScoresArguments {
  /** `[states]`: an item for each state. */
  targets: usize;
  /**
   * Output `[states, 2]`: how many items have a higher score than the target, and how many the same, without itself; both
   * -1 when a score is not a number, or that of the target is -Infinity. The target must not be excluded.
   */
  counts: usize;
}

/** Blocks `begin .. end - 1` of `STATES_AT_ONCE` states. Needs scratch memory as `bestItems`. */
export function countAbove(args: CountAboveArguments, begin: i32, end: i32, scratch: usize): void {
  const items = args.items;
  const units = args.units;
  const scores = scratch + <usize>units * (ITEM_PANEL << 2);
  for (let block = begin; block < end; block++) {
    const state = block * STATES_AT_ONCE;
    const states = min(STATES_AT_ONCE, args.states - state);
    const targetScores = scores + STATES_AT_ONCE * (ITEM_PANEL << 2);
    scoreTargets(args, state, states, scratch, scores, targetScores);
    const counts = args.counts + (<usize>state << 3);
    for (let s = 0; s < states; s++) {
      const isNumber = load<f32>(targetScores + (<usize>s << 2)) > -Infinity;
      store<i32>(counts + (<usize>s << 3), isNumber ? 0 : i32.MIN_VALUE);
      store<i32>(counts + (<usize>s << 3), 0, 4);
    }
    for (let first = 0; first < items; first += ITEM_PANEL) {
      scorePanel(args, state, states, first, min(ITEM_PANEL, items - first), scratch, scores);
      for (let s = 0; s < states; s++) {
        const own = scores + <usize>s * (ITEM_PANEL << 2);
        const target = v128.load32_splat(targetScores + <usize>(s << 2));
        let above = f32x4.splat(0);
        let equal = f32x4.splat(0);
        let ordered = i32x4.splat(-1);
        const one = f32x4.splat(1);
        for (let i = 0; i < ITEM_PANEL; i += 4) {
          const x = v128.load(own + <usize>(i << 2));
          above = f32x4.add(above, v128.and(f32x4.gt(x, target), one));
          equal = f32x4.add(equal, v128.and(f32x4.eq(x, target), one));
          ordered = v128.and(ordered, f32x4.eq(x, x));
        }
        const to = counts + (<usize>s << 3);
        if (!i32x4.all_true(ordered)) store<i32>(to, i32.MIN_VALUE);
        store<i32>(to, load<i32>(to) + <i32>sumLanes(above));
        store<i32>(to, load<i32>(to, 4) + <i32>sumLanes(equal), 4);
      }
    }
    for (let s = 0; s < states; s++) {
      const to = counts + (<usize>s << 3);
      const equal = load<i32>(to, 4) - 1;
      const isNumber = load<i32>(to) >= 0;
      if (!isNumber) store<i32>(to, -1);
      store<i32>(to, isNumber ? equal : -1, 4);
    }
  }
}

/** Writes the score of the target of each of some states. */
function scoreTargets(
  args: CountAboveArguments,
  state: i32,
  states: i32,
  panel: usize,
  scores: usize,
  to: usize,
): void {
  const units = args.units;
  const row = <usize>(units << 2);
  for (let s = 0; s < states; s++) {
    const target = load<i32>(args.targets + (<usize>(state + s) << 2));
    transposeInto(args.table + <usize>target * row, row, panel + <usize>(s << 2), ITEM_PANEL << 2, 1, units);
  }
  const hidden = args.hidden + <usize>state * row;
  // Of each tile of states, only the scores of their own targets are wanted.
  for (let s = 0; s < states; s += TILE_ROWS) {
    const rows = min(TILE_ROWS, states - s);
    const own = panel + <usize>(s << 2);
    product(hidden + <usize>s * row, row, own, ITEM_PANEL << 2, scores, ITEM_PANEL << 2, rows, rows, units);
    for (let r = 0; r < rows; r++)
      store<f32>(to + (<usize>(s + r) << 2), load<f32>(scores + <usize>r * ((ITEM_PANEL << 2) + 4)));
  }
}
