/*
 * The attention of HSTU, for one sequence and head at a time, laid out as causal attention is. There is no softmax: a
 * weight is SiLU(score) / maxLength. A score has two biases, by the distance of the tokens and by the time between them.
 */
#include "../base/exponential.h"
#include "../base/multiply.h"
#include "../base/transpose.h"
#include "../kernels.h"

namespace RECSYS_ISA {

/** Biases of all bytes in scratch memory: more than there are buckets, as some lanes hold no bucket. */
constexpr int32_t TABLE_SIZE = 256;

/** The tokens of one sequence, and one of its heads. */
struct HstuPair {
  int32_t sequence;
  int32_t time;
  /** Elements from the start of a matrix of all tokens to the head's part of the first token. */
  int64_t queryAt;
  int64_t valueAt;
  /** The buckets of the sequence; null without times. */
  const uint8_t *buckets;
};

static HstuPair hstuPairOf(Memory memory, const HstuAttentionArguments &args, int32_t pair) {
  const int32_t sequence = pair / args.numHeads;
  const int32_t head = pair % args.numHeads;
  const int32_t *bounds = memory.integers(args.offsets) + sequence;
  const uint8_t *buckets = nullptr;
  if (args.timeBias != 0) buckets = memory.at<uint8_t>(args.buckets) + memory.integers(args.pairStarts)[sequence];
  return {sequence, bounds[1] - bounds[0],
          (int64_t)bounds[0] * args.queryUnits + head * (args.queryUnits / args.numHeads),
          (int64_t)bounds[0] * args.valueUnits + head * (args.valueUnits / args.numHeads), buckets};
}

/** Copies the biases of times to scratch memory. */
static void copyTable(Memory memory, const HstuAttentionArguments &args, float *table) {
  if (args.timeBias == 0) return;
  const float *from = memory.floats(args.timeBias);
  for (int32_t i = 0; i < TIME_BUCKETS; i++) table[i] = from[i];
}

/** Writes the position biases from the largest distance to 0, so that those of a query are in the order of its keys. */
static void reverseInto(const float *bias, int32_t count, float *to) {
  for (int32_t i = 0; i < count; i++) to[i] = bias[count - 1 - i];
}

/** The biases of the keys of one query, in their order. */
struct Biases {
  const float *position;
  const float *table;
  /** Null without times. */
  const uint8_t *buckets;
};

RECSYS_INLINE Floats biased(const float *scores, const Biases &biases, int32_t i) {
  const Floats score = load(scores + i) + load(biases.position + i);
  return biases.buckets == nullptr ? score : score + lookUp(biases.table, biases.buckets + i);
}

/** From scores, in place: the weights of the first `valid` keys, and 0 up to `seen`. */
static void weightRow(float *w, const Biases &biases, int32_t valid, int32_t seen, float factor) {
  const Floats factors = splat(factor);
  int32_t i = 0;
  for (; i < valid; i += WIDTH) {
    const Floats score = biased(w, biases, i);
    store(w + i, keep(firstLanes(valid - i), score * sigmoid(score) * factors));
  }
  for (; i < seen; i += WIDTH) store(w + i, splat(0));
}

static int64_t pairsBefore(int32_t token) { return (int64_t)token * (token + 1) / 2; }

void hstuAttention(Memory memory, const HstuAttentionArguments &args, int32_t begin, int32_t end, Address scratch) {
  const int32_t queryWidth = args.queryUnits / args.numHeads;
  const int32_t valueWidth = args.valueUnits / args.numHeads;
  float *table = memory.floats(scratch);
  copyTable(memory, args, table);
  for (int32_t i = begin; i < end; i++) {
    const HstuPair pair = hstuPairOf(memory, args, i);
    const int32_t row = paddedRow(pair.time);
    float *keys = table + TABLE_SIZE;
    float *weights = keys + (int64_t)queryWidth * row;
    float *positions = weights + (int64_t)TILE_ROWS * row;
    reverseInto(memory.floats(args.positionBias), pair.time, positions);
    transposeInto(memory.floats(args.key) + pair.queryAt, args.queryUnits, keys, row, pair.time, queryWidth);
    for (int32_t t = 0; t < pair.time; t += TILE_ROWS) {
      const int32_t rows = least(TILE_ROWS, pair.time - t);
      const int32_t seen = t + rows;
      const Source queries = {memory.floats(args.query) + pair.queryAt + (int64_t)t * args.queryUnits, args.queryUnits};
      product(queries, {keys, row}, {weights, row}, rows, seen, queryWidth);
      for (int32_t r = 0; r < rows; r++) {
        const int32_t token = t + r;
        const uint8_t *buckets = pair.buckets == nullptr ? nullptr : pair.buckets + pairsBefore(token);
        weightRow(weights + (int64_t)r * row, {positions + pair.time - 1 - token, table, buckets}, token + 1, seen,
                  args.factor);
      }
      const Target to = {memory.floats(args.attended) + pair.valueAt + (int64_t)t * args.valueUnits, args.valueUnits};
      product({weights, row}, {memory.floats(args.value) + pair.valueAt, args.valueUnits}, to, rows, valueWidth, seen);
    }
  }
}

/** Where the gradients of the biases of one query are added, in the order of its keys. */
struct BiasGradients {
  float *position;
  /** By bucket; null without times. */
  float *time;
};

/**
 * From scores and the gradient of weights, in place: the weights, and the gradient of the scores, both 0 from `valid` to
 * `seen`. Adds the gradient of the scores to those of the biases.
 */
static void weightGradRow(float *w, float *ds, const Biases &biases, const BiasGradients &gradients, int32_t valid,
                          int32_t seen, float factor) {
  const Floats factors = splat(factor);
  const Floats one = splat(1);
  int32_t i = 0;
  for (; i < valid; i += WIDTH) {
    const Mask mask = firstLanes(valid - i);
    const Floats score = biased(w, biases, i);
    const Floats s = sigmoid(score);
    store(w + i, keep(mask, score * s * factors));
    const Floats dScore = keep(mask, load(ds + i) * factors * (s * (one + score * (one - s))));
    store(ds + i, dScore);
    store(gradients.position + i, load(gradients.position + i) + dScore);
  }
  for (; i < seen; i += WIDTH) {
    store(w + i, splat(0));
    store(ds + i, splat(0));
  }
  if (gradients.time == nullptr) return;
  for (int32_t j = 0; j < valid; j++) gradients.time[biases.buckets[j]] += ds[j];
}

void hstuAttentionGrad(Memory memory, const HstuAttentionGradArguments &args, int32_t begin, int32_t end,
                       Address scratch) {
  const int32_t queryWidth = args.queryUnits / args.numHeads;
  const int32_t valueWidth = args.valueUnits / args.numHeads;
  const int32_t partSize = args.maxLength + (args.timeBias == 0 ? 0 : TIME_BUCKETS);
  float *table = memory.floats(scratch);
  copyTable(memory, args, table);
  for (int32_t i = begin; i < end; i++) {
    const HstuPair pair = hstuPairOf(memory, args, i);
    const int32_t row = paddedRow(pair.time);
    const float *query = memory.floats(args.query) + pair.queryAt;
    const float *key = memory.floats(args.key) + pair.queryAt;
    const float *dAttended = memory.floats(args.dAttended) + pair.valueAt;
    float *keys = table + TABLE_SIZE;
    float *values = keys + (int64_t)queryWidth * row;
    float *weights = values + (int64_t)valueWidth * row;
    float *dScores = weights + (int64_t)QUERY_BLOCK * row;
    float *positions = dScores + (int64_t)QUERY_BLOCK * row;
    float *dPositions = positions + row;
    float *part = memory.floats(args.parts) + (int64_t)i * partSize;
    for (int32_t j = 0; j < partSize; j++) part[j] = 0;
    for (int32_t j = 0; j < row + WIDTH; j++) dPositions[j] = 0;
    reverseInto(memory.floats(args.positionBias), pair.time, positions);
    transposeInto(key, args.queryUnits, keys, row, pair.time, queryWidth);
    transposeInto(memory.floats(args.value) + pair.valueAt, args.valueUnits, values, row, pair.time, valueWidth);
    for (int32_t first = 0; first < pair.time; first += QUERY_BLOCK) {
      const int32_t block = least(QUERY_BLOCK, pair.time - first);
      const int32_t seen = first + block;
      for (int32_t t = 0; t < block; t += TILE_ROWS) {
        const int32_t rows = least(TILE_ROWS, block - t);
        const int32_t visible = first + t + rows;
        const int64_t queryFrom = (int64_t)(first + t) * args.queryUnits;
        float *w = weights + (int64_t)t * row;
        float *ds = dScores + (int64_t)t * row;
        product({query + queryFrom, args.queryUnits}, {keys, row}, {w, row}, rows, visible, queryWidth);
        product({dAttended + (int64_t)(first + t) * args.valueUnits, args.valueUnits}, {values, row}, {ds, row}, rows,
                visible, valueWidth);
        for (int32_t r = 0; r < rows; r++) {
          const int32_t token = first + t + r;
          const int32_t shift = pair.time - 1 - token;
          const uint8_t *buckets = pair.buckets == nullptr ? nullptr : pair.buckets + pairsBefore(token);
          float *dTimes = pair.buckets == nullptr ? nullptr : part + args.maxLength;
          weightGradRow(w + (int64_t)r * row, ds + (int64_t)r * row, {positions + shift, table, buckets},
                        {dPositions + shift, dTimes}, token + 1, seen, args.factor);
        }
        const Target to = {memory.floats(args.dQuery) + pair.queryAt + queryFrom, args.queryUnits};
        product({ds, row}, {key, args.queryUnits}, to, rows, queryWidth, visible);
      }
      // The keys of this block have no sums yet, so they start from zero.
      const Source dFrom = {dAttended + (int64_t)first * args.valueUnits, args.valueUnits};
      const Source from = {query + (int64_t)first * args.queryUnits, args.queryUnits};
      const Target dValue = {memory.floats(args.dValue) + pair.valueAt, args.valueUnits};
      const Target dKey = {memory.floats(args.dKey) + pair.queryAt, args.queryUnits};
      addOuter({weights, row}, dFrom, dValue, first, seen, valueWidth, block);
      addOuter({dScores, row}, from, dKey, first, seen, queryWidth, block);
    }
    reverseInto(dPositions, pair.time, part);
  }
}

void newestHstuAttention(Memory memory, const HstuAttentionArguments &args, int32_t begin, int32_t end,
                         Address scratch) {
  const int32_t queryWidth = args.queryUnits / args.numHeads;
  const int32_t valueWidth = args.valueUnits / args.numHeads;
  float *table = memory.floats(scratch);
  copyTable(memory, args, table);
  for (int32_t i = begin; i < end; i++) {
    const HstuPair pair = hstuPairOf(memory, args, i);
    if (pair.time == 0) continue;
    const int32_t head = i % args.numHeads;
    const float *query = memory.floats(args.query) + (int64_t)pair.sequence * args.queryUnits + head * queryWidth;
    const float *keys = memory.floats(args.key) + pair.queryAt;
    float *weights = table + TABLE_SIZE;
    float *positions = weights + roundUp(pair.time, WIDTH);
    reverseInto(memory.floats(args.positionBias), pair.time, positions);
    for (int32_t j = 0; j < pair.time; j++) weights[j] = dot(query, keys + (int64_t)j * args.queryUnits, queryWidth);
    const uint8_t *buckets = pair.buckets == nullptr ? nullptr : pair.buckets + pairsBefore(pair.time - 1);
    weightRow(weights, {positions, table, buckets}, pair.time, pair.time, args.factor);
    const int64_t own = (int64_t)pair.sequence * args.valueUnits + head * valueWidth;
    product({weights, 0}, {memory.floats(args.value) + pair.valueAt, args.valueUnits},
            {memory.floats(args.attended) + own, args.valueUnits}, 1, valueWidth, pair.time);
  }
}

}  // namespace RECSYS_ISA
