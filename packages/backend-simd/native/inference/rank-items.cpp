/*
 * Scores of all items for some hidden states, a panel of items at a time: a score is used while it is in the cache, and
 * no table of scores is written. `assembly/` says more.
 */
#include "../base/multiply.h"
#include "../base/transpose.h"
#include "../kernels.h"
#include "best-lists.h"

namespace RECSYS_ISA {

/** The hidden states `first .. first + count - 1`. */
struct States {
  int32_t first;
  int32_t count;
};

static States statesOf(const ItemScoresArguments &args, int32_t block) {
  const int32_t first = block * STATES_AT_ONCE;
  return {first, least(STATES_AT_ONCE, args.states - first)};
}

/**
 * Writes the scores of the items `first .. first + count - 1` for some states, in rows of `ITEM_PANEL`: -Infinity for
 * excluded items, and after the last one.
 */
static void scorePanel(Memory memory, const ItemScoresArguments &args, States states, int32_t first, int32_t count,
                       float *panel, float *scores) {
  const int32_t units = args.units;
  const Source hidden = {memory.floats(args.hidden) + (int64_t)states.first * units, units};
  transposeInto(memory.floats(args.table) + (int64_t)first * units, units, panel, ITEM_PANEL, count, units);
  product(hidden, {panel, ITEM_PANEL}, {scores, ITEM_PANEL}, states.count, count, units);
  const uint32_t *excluded = memory.words(args.excluded) + (int64_t)states.first * args.words + first / 32;
  for (int32_t s = 0; s < states.count; s++) {
    float *own = scores + s * ITEM_PANEL;
    for (int32_t i = count; i < ITEM_PANEL; i++) own[i] = minusInfinity;
    const uint32_t *words = excluded + (int64_t)s * args.words;
    for (uint64_t bits = words[0] | (uint64_t)words[1] << 32; bits != 0; bits &= bits - 1)
      own[__builtin_ctzll(bits)] = minusInfinity;
  }
}

void bestItems(Memory memory, const BestItemsArguments &args, int32_t begin, int32_t end, Address scratch) {
  const int32_t k = args.k;
  float *panel = memory.floats(scratch);
  float *scores = panel + args.units * ITEM_PANEL;
  for (int32_t work = begin; work < end; work++) {
    const int32_t part = work % args.parts;
    const States states = statesOf(args, work / args.parts);
    const int64_t to = ((int64_t)states.first * args.parts + part) * k;
    const int64_t toNext = (int64_t)args.parts * k;
    float *values = memory.floats(args.values) + to;
    int32_t *indices = memory.integers(args.indices) + to;
    for (int32_t s = 0; s < states.count; s++) {
      emptyList(values + s * toNext, indices + s * toNext, k);
    }
    const int32_t last = least(args.items, (part + 1) * args.partItems);
    for (int32_t first = part * args.partItems; first < last; first += ITEM_PANEL) {
      scorePanel(memory, args, states, first, least(ITEM_PANEL, last - first), panel, scores);
      for (int32_t s = 0; s < states.count; s++)
        keepBest(scores + s * ITEM_PANEL, first, values + s * toNext, indices + s * toNext, k);
    }
  }
}

/** Writes the score of the target of each of some states. */
static void scoreTargets(Memory memory, const CountAboveArguments &args, States states, float *panel, float *scores,
                         float *to) {
  const int32_t units = args.units;
  const int32_t *targets = memory.integers(args.targets) + states.first;
  const float *table = memory.floats(args.table);
  for (int32_t s = 0; s < states.count; s++)
    transposeInto(table + (int64_t)targets[s] * units, units, panel + s, ITEM_PANEL, 1, units);
  const float *hidden = memory.floats(args.hidden) + (int64_t)states.first * units;
  // Of each tile of states, only the scores of their own targets are wanted.
  for (int32_t s = 0; s < states.count; s += TILE_ROWS) {
    const int32_t rows = least(TILE_ROWS, states.count - s);
    product({hidden + (int64_t)s * units, units}, {panel + s, ITEM_PANEL}, {scores, ITEM_PANEL}, rows, rows, units);
    for (int32_t r = 0; r < rows; r++) to[s + r] = scores[r * (ITEM_PANEL + 1)];
  }
}

void countAbove(Memory memory, const CountAboveArguments &args, int32_t begin, int32_t end, Address scratch) {
  float *panel = memory.floats(scratch);
  float *scores = panel + args.units * ITEM_PANEL;
  float *targetScores = scores + STATES_AT_ONCE * ITEM_PANEL;
  for (int32_t block = begin; block < end; block++) {
    const States states = statesOf(args, block);
    scoreTargets(memory, args, states, panel, scores, targetScores);
    int32_t above[STATES_AT_ONCE];
    int32_t equal[STATES_AT_ONCE];
    bool ordered[STATES_AT_ONCE];
    for (int32_t s = 0; s < states.count; s++) {
      above[s] = 0;
      equal[s] = -1;  // the target itself
      ordered[s] = targetScores[s] > minusInfinity;
    }
    for (int32_t first = 0; first < args.items; first += ITEM_PANEL) {
      scorePanel(memory, args, states, first, least(ITEM_PANEL, args.items - first), panel, scores);
      for (int32_t s = 0; s < states.count; s++) {
        const Floats target = splat(targetScores[s]);
        Floats higher = splat(0);
        Floats same = splat(0);
        Mask isNumber = allLanes();
        for (int32_t i = 0; i < ITEM_PANEL; i += WIDTH) {
          const Floats x = load(scores + s * ITEM_PANEL + i);
          higher += keep(isBelow(target, x), splat(1));
          same += keep(isEqual(target, x), splat(1));
          isNumber = isNumber & isEqual(x, x);
        }
        above[s] += (int32_t)sumLanes(higher);
        equal[s] += (int32_t)sumLanes(same);
        ordered[s] = ordered[s] && !anyLane(isNumber ^ allLanes());
      }
    }
    int32_t *counts = memory.integers(args.counts) + 2 * (int64_t)states.first;
    for (int32_t s = 0; s < states.count; s++) {
      counts[2 * s] = ordered[s] ? above[s] : -1;
      counts[2 * s + 1] = ordered[s] ? equal[s] : -1;
    }
  }
}

}  // namespace RECSYS_ISA
