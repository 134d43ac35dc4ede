#include "base/vector.h"
#include "kernels.h"
#include "row-updates.h"

namespace RECSYS_ISA {

/** A weight and its moments, which change in place. */
struct Weight {
  float *w;
  float *m;
  float *v;
};

static Weight weightAt(const Weight &weight, int64_t element) {
  return {weight.w + element, weight.m + element, weight.v + element};
}

/** `count` elements. Without a gradient g, it is zero. */
static void adamRange(const Weight &weight, const float *g, int64_t count, const AdamFactors &factors) {
  const Floats beta1 = splat(factors.beta1);
  const Floats beta2 = splat(factors.beta2);
  const Floats ofGradient = splat(factors.ofGradient);
  const Floats ofSquare = splat(factors.ofSquare);
  const Floats rate = splat(factors.rate);
  const Floats epsilon = splat(factors.epsilon);
  const Floats decay = splat(factors.decay);
  for (int64_t i = 0; i < count; i += WIDTH) {
    Floats m = load(weight.m + i) * beta1;
    Floats v = load(weight.v + i) * beta2;
    if (g) {
      const Floats gradient = load(g + i);
      m += gradient * ofGradient;
      v += gradient * gradient * ofSquare;
    }
    const Floats old = load(weight.w + i);
    const Floats w = old - (old * decay + m / (squareRoot(v) + epsilon) * rate);
    const int rest = count - i < WIDTH ? (int)(count - i) : WIDTH;
    storeFirst(weight.m + i, m, rest);
    storeFirst(weight.v + i, v, rest);
    storeFirst(weight.w + i, w, rest);
  }
}

/** `count` elements of a row that has missed steps. */
static void catchUpRange(const Weight &weight, int64_t count, const CatchUp &missed) {
  const Floats rate1 = splat(missed.rate1);
  const Floats rate2 = splat(missed.rate2);
  const Floats rate3 = splat(missed.rate3);
  const Floats epsilon1 = splat(missed.epsilon1);
  const Floats epsilon2 = splat(missed.epsilon2);
  const Floats epsilon3 = splat(missed.epsilon3);
  const Floats lost = splat(missed.lost);
  const Floats beta1 = splat(missed.beta1);
  const Floats beta2 = splat(missed.beta2);
  for (int64_t i = 0; i < count; i += WIDTH) {
    const Floats m = load(weight.m + i);
    const Floats v = load(weight.v + i);
    const Floats old = load(weight.w + i);
    const Floats root = squareRoot(v);
    const Floats step =
        m / (root + epsilon1) * rate1 + m / (root + epsilon2) * rate2 + m / (root + epsilon3) * rate3;
    const Floats w = old - (old * lost + step);
    const int rest = count - i < WIDTH ? (int)(count - i) : WIDTH;
    storeFirst(weight.m + i, m * beta1, rest);
    storeFirst(weight.v + i, v * beta2, rest);
    storeFirst(weight.w + i, w, rest);
  }
}

static void fetch(const Weight &weight, int64_t count) {
  for (int64_t i = 0; i < count; i += 16) {
    __builtin_prefetch(weight.w + i, 1);
    __builtin_prefetch(weight.m + i, 1);
    __builtin_prefetch(weight.v + i, 1);
  }
}

void adamCatchUp(Memory memory, const AdamCatchUpArguments &args, int32_t begin, int32_t end, Address) {
  const Weight table = {memory.floats(args.w), memory.floats(args.m), memory.floats(args.v)};
  const uint32_t *rows = args.rows ? memory.words(args.rows) : nullptr;
  int32_t *last = memory.integers(args.last);
  const CatchUp *catchUps = memory.at<const CatchUp>(args.catchUps);
  const int32_t now = args.now;
  const auto lastOf = [last](uint32_t row) { return __atomic_load_n(last + row, __ATOMIC_RELAXED); };
  for (int32_t i = begin; i < end; i++) {
    const uint32_t row = rows ? rows[i] : (uint32_t)i;
    if (rows && i + 4 * AHEAD < end) __builtin_prefetch(last + rows[i + 4 * AHEAD], 1);
    if (rows && i + AHEAD < end) {
      const uint32_t next = rows[i + AHEAD];
      const int32_t step = lastOf(next);
      if (step != now && step != NO_MOMENTS) fetch(weightAt(table, (int64_t)next * args.width), args.width);
    }
    int32_t step = lastOf(row);
    if (step == NO_MOMENTS) continue;
    if (rows) {
      // Another thread may have the same row in its part of the list: one of them takes it.
      const bool own = step != now && __atomic_compare_exchange_n(last + row, &step, now, false, __ATOMIC_RELAXED,
                                                                  __ATOMIC_RELAXED);
      if (!own) continue;
    } else {
      last[row] = 0;
      if (step == now) continue;
    }
    catchUpRange(weightAt(table, (int64_t)row * args.width), args.width, catchUps[step]);
  }
}

void adam(Memory memory, const AdamArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t first = begin * ELEMENT_BLOCK;
  const int32_t last = least(end * ELEMENT_BLOCK, args.size);
  const Weight weight = {memory.floats(args.w), memory.floats(args.m), memory.floats(args.v)};
  adamRange(weightAt(weight, first), memory.floats(args.gradient) + first, last - first, args);
}

static void adamUpdatedRow(Memory memory, const AdamRowsArguments &args, int32_t i, Address scratch) {
  const int32_t *starts = memory.integers(args.starts);
  const int64_t at = (int64_t)memory.words(args.rows)[i] * args.width;
  float *gradient = memory.floats(scratch);
  sumUpdates(memory, args.segments, args.order, starts[i], starts[i + 1], starts[args.distinct], gradient, args.width);
  const Weight weight = {memory.floats(args.w), memory.floats(args.m), memory.floats(args.v)};
  adamRange(weightAt(weight, at), gradient, args.width, args);
}

void adamRows(Memory memory, const AdamRowsArguments &args, int32_t begin, int32_t end, Address scratch) {
  const int32_t *rows = memory.integers(args.rows);
  const Weight weight = {memory.floats(args.w), memory.floats(args.m), memory.floats(args.v)};
  int32_t low = 0;
  int32_t high = args.distinct;
  while (low < high) {
    const int32_t middle = low + (high - low) / 2;
    if (rows[middle] < begin) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  int32_t next = begin;
  while (next < end) {
    const int32_t updated = low < args.distinct ? least(end, rows[low]) : end;
    if (updated > next) {
      const int64_t count = (int64_t)(updated - next) * args.width;
      adamRange(weightAt(weight, (int64_t)next * args.width), nullptr, count, args);
      next = updated;
    } else {
      adamUpdatedRow(memory, args, low, scratch);
      low++;
      next++;
    }
  }
}

void adamUpdatedRows(Memory memory, const AdamRowsArguments &args, int32_t begin, int32_t end, Address scratch) {
  const Weight table = {memory.floats(args.w), memory.floats(args.m), memory.floats(args.v)};
  const uint32_t *rows = memory.words(args.rows);
  for (int32_t i = begin; i < end; i++) {
    if (i + AHEAD < end) fetch(weightAt(table, (int64_t)rows[i + AHEAD] * args.width), args.width);
    adamUpdatedRow(memory, args, i, scratch);
    if (args.last) memory.integers(args.last)[rows[i]] = args.now;
  }
}

}  // namespace RECSYS_ISA
