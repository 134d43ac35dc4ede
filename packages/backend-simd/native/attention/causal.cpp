/*
 * Causal attention, for one sequence and head at a time: the scores of a few queries are computed together, in scratch
 * memory, and only for the keys that they attend to. The rows of the matrices in scratch memory are filled up to two
 * vectors, as the mask of dropout is computed for two at a time.
 */
#include "../attention.h"

#include "../base/exponential.h"
#include "../base/multiply.h"
#include "../base/random.h"
#include "../base/transpose.h"
#include "../kernels.h"
#include "../softmax.h"

namespace RECSYS_ISA {

/** Elements of a row of a scratch matrix for a sequence of `time` tokens. */
RECSYS_INLINE int32_t paddedRow(int32_t time) { return roundUp(time, 2 * WIDTH); }

int32_t attentionScratch(int32_t time, int32_t width) {
  return 4 * (2 * width * paddedRow(time) + 2 * QUERY_BLOCK * paddedRow(time));
}

/** The tokens of one sequence, and one of its heads. */
struct Pair {
  int32_t first;
  int32_t time;
  int32_t head;
  /** Elements from the start of query, key and value to the head's part of the first token. */
  int64_t at;
  /** The same for attended, `[tokens, units]`. */
  int64_t ofAttended;
};

static Pair pairOf(Memory memory, const AttentionArguments &args, int32_t pair) {
  const int32_t *bounds = memory.integers(args.offsets) + pair / args.numHeads;
  const int32_t head = pair % args.numHeads;
  const int32_t ofHead = head * (args.units / args.numHeads);
  return {bounds[0], bounds[1] - bounds[0], head, (int64_t)bounds[0] * args.tokenRow + ofHead,
          (int64_t)bounds[0] * args.units + ofHead};
}

/** Drops weights of the first `valid` keys, and scales the kept ones. */
static void dropRow(float *x, int32_t valid, const Dropout &dropout) {
  const Floats scales = splat(dropout.keptScale);
  for (int32_t i = 0; i < valid; i += 2 * WIDTH) {
    Mask first, second;
    keepsTwo(dropout, i, first, second);
    store(x + i, keep(first, load(x + i) * scales));
    store(x + i + WIDTH, keep(second, load(x + i + WIDTH) * scales));
  }
}

void attention(Memory memory, const AttentionArguments &args, int32_t begin, int32_t end, Address scratch) {
  const int32_t heads = args.numHeads;
  const int32_t units = args.units;
  const int32_t width = units / heads;
  const int64_t tokenRow = args.tokenRow;
  float *logSums = memory.floats(args.logSums);
  for (int32_t i = begin; i < end; i++) {
    const Pair pair = pairOf(memory, args, i);
    const int32_t row = paddedRow(pair.time);
    float *keys = memory.floats(scratch);
    float *weights = keys + (int64_t)width * row;
    const float *query = memory.floats(args.query) + pair.at;
    const float *value = memory.floats(args.value) + pair.at;
    float *attended = memory.floats(args.attended) + pair.ofAttended;
    transposeInto(memory.floats(args.key) + pair.at, tokenRow, keys, row, pair.time, width);
    for (int32_t t = 0; t < pair.time; t += TILE_ROWS) {
      const int32_t rows = least(TILE_ROWS, pair.time - t);
      const int32_t seen = t + rows;
      product({query + t * tokenRow, tokenRow}, {keys, row}, {weights, row}, rows, seen, width);
      for (int32_t r = 0; r < rows; r++) {
        const int32_t name = (pair.first + t + r) * heads + pair.head;
        const int32_t valid = t + r + 1;
        float *own = weights + (int64_t)r * row;
        logSums[name] = softmaxRow(own, valid, seen, args.scale);
        if (args.threshold != 0) {
          const uint32_t key = childKey((uint32_t)args.dropoutKey, (uint32_t)name);
          dropRow(own, valid, {key, args.threshold, args.keptScale});
        }
      }
      product({weights, row}, {value, tokenRow}, {attended + (int64_t)t * units, units}, rows, width, seen);
    }
  }
}

/** What a query's row of the gradient of the scores depends on. */
struct RowGradient {
  /** The keys that the query attends to, and those that the product of its tile reads. */
  int32_t valid;
  int32_t seen;
  float scale;
  float logSum;
  /** dAttended · attended. */
  float along;
};

/**
 * From scores and the gradient of (dropped) weights, in place: the dropped weights, and the gradient of the unscaled
 * scores: p · (keep · dw - along) · scale. Both 0 from `valid` to `seen`.
 */
static void scoreGradRow(float *weights, float *dScores, const RowGradient &row, const Dropout &dropout) {
  const Floats scales = splat(row.scale);
  const Floats logSums = splat(row.logSum);
  const Floats along = splat(row.along);
  const Floats kept = splat(dropout.keptScale);
  int32_t i = 0;
  for (; i < row.valid; i += 2 * WIDTH) {
    Mask keeping[2] = {allLanes(), allLanes()};
    if (dropout.threshold != 0) keepsTwo(dropout, i, keeping[0], keeping[1]);
    RECSYS_UNROLL for (int half = 0; half < 2; half++) {
      float *w = weights + i + half * WIDTH;
      float *ds = dScores + i + half * WIDTH;
      const Mask valid = firstLanes(row.valid - i - half * WIDTH);
      const Floats p = keep(valid, exponential(load(w) * scales - logSums));
      store(w, keep(keeping[half], p * kept));
      const Floats dp = keep(keeping[half], load(ds) * kept);
      store(ds, keep(valid, p * (dp - along) * scales));
    }
  }
  for (; i < row.seen; i += WIDTH) {
    store(weights + i, splat(0));
    store(dScores + i, splat(0));
  }
}

void attentionGrad(Memory memory, const AttentionGradArguments &args, int32_t begin, int32_t end, Address scratch) {
  const AttentionGradients gradients = {0, memory.floats(args.dAttended), memory.floats(args.dQuery),
                                        memory.floats(args.dKey), memory.floats(args.dValue)};
  attentionGradFrom(memory, args, gradients, begin, end, memory.floats(scratch));
}

void attentionGradFrom(Memory memory, const AttentionArguments &args, const AttentionGradients &gradients,
                       int32_t begin, int32_t end, float *scratch) {
  const int32_t heads = args.numHeads;
  const int32_t units = args.units;
  const int32_t width = units / heads;
  const int64_t tokenRow = args.tokenRow;
  const float *logSums = memory.floats(args.logSums);
  for (int32_t i = begin; i < end; i++) {
    const Pair pair = pairOf(memory, args, i);
    const int32_t row = paddedRow(pair.time);
    const float *query = memory.floats(args.query) + pair.at;
    const float *key = memory.floats(args.key) + pair.at;
    const float *attended = memory.floats(args.attended) + pair.ofAttended;
    const int64_t ofGradients = pair.at - gradients.origin * tokenRow;
    const float *dAttended = gradients.dAttended + pair.ofAttended - (int64_t)gradients.origin * units;
    float *dQuery = gradients.dQuery + ofGradients;
    const Target dKey = {gradients.dKey + ofGradients, tokenRow};
    const Target dValue = {gradients.dValue + ofGradients, tokenRow};
    float *keys = scratch;
    float *values = keys + (int64_t)width * row;
    float *weights = values + (int64_t)width * row;
    float *dScores = weights + (int64_t)QUERY_BLOCK * row;
    transposeInto(key, tokenRow, keys, row, pair.time, width);
    transposeInto(memory.floats(args.value) + pair.at, tokenRow, values, row, pair.time, width);
    for (int32_t first = 0; first < pair.time; first += QUERY_BLOCK) {
      const int32_t block = least(QUERY_BLOCK, pair.time - first);
      const int32_t seen = first + block;
      for (int32_t t = 0; t < block; t += TILE_ROWS) {
        const int32_t rows = least(TILE_ROWS, block - t);
        const int32_t visible = first + t + rows;
        const int64_t from = (int64_t)(first + t) * units;
        const int64_t ofTokens = (first + t) * tokenRow;
        float *w = weights + (int64_t)t * row;
        float *ds = dScores + (int64_t)t * row;
        product({query + ofTokens, tokenRow}, {keys, row}, {w, row}, rows, visible, width);
        product({dAttended + from, units}, {values, row}, {ds, row}, rows, visible, width);
        for (int32_t r = 0; r < rows; r++) {
          const int32_t name = (pair.first + first + t + r) * heads + pair.head;
          const int64_t ofRow = from + (int64_t)r * units;
          const float along = dot(dAttended + ofRow, attended + ofRow, width);
          const uint32_t dropoutKey = childKey((uint32_t)args.dropoutKey, (uint32_t)name);
          scoreGradRow(w + (int64_t)r * row, ds + (int64_t)r * row,
                       {first + t + r + 1, seen, args.scale, logSums[name], along},
                       {dropoutKey, args.threshold, args.keptScale});
        }
        product({ds, row}, {key, tokenRow}, {dQuery + ofTokens, tokenRow}, rows, width, visible);
      }
      // The keys of this block have no sums yet, so they start from zero.
      addOuter({weights, row}, {dAttended + (int64_t)first * units, units}, dValue, first, seen, width, block);
      addOuter({dScores, row}, {query + first * tokenRow, tokenRow}, dKey, first, seen, width, block);
    }
  }
}

void newestAttention(Memory memory, const NewestAttentionArguments &args, int32_t begin, int32_t end,
                     Address scratch) {
  const int32_t heads = args.numHeads;
  const int32_t units = args.units;
  const int32_t width = units / heads;
  float *weights = memory.floats(scratch);
  for (int32_t pair = begin; pair < end; pair++) {
    const int32_t sequence = pair / heads;
    const int32_t ofHead = pair % heads * width;
    const int32_t *bounds = memory.integers(args.offsets) + sequence;
    const int32_t time = bounds[1] - bounds[0];
    if (time == 0) continue;
    const int64_t at = (int64_t)bounds[0] * units + ofHead;
    const int64_t own = (int64_t)sequence * units + ofHead;
    const float *query = memory.floats(args.query) + own;
    const float *keys = memory.floats(args.key) + at;
    for (int32_t j = 0; j < time; j++) weights[j] = dot(query, keys + (int64_t)j * units, width);
    softmaxRow(weights, time, time, args.scale);
    const Target to = {memory.floats(args.attended) + own, units};
    product({weights, 0}, {memory.floats(args.value) + at, units}, to, 1, width, time);
  }
}

}  // namespace RECSYS_ISA
