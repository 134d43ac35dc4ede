#include "row-updates.h"

#include "base/vector.h"
#include "kernels.h"

namespace RECSYS_ISA {

/** Bits of a key by which one pass sorts. */
constexpr int RADIX_BITS = 11;
static_assert(1 << RADIX_BITS == SORT_BUCKETS, "a bucket per value of the bits");

/** The keys of the updates (their rows) and their numbers, in the order that is sorted so far. */
struct Sorting {
  Address keys;
  Address order;
};

/** One pass of a radix sort, which is stable. */
static void sortByBits(Memory memory, const Sorting &from, const Sorting &to, int32_t total, int shift,
                       uint32_t *counts) {
  const uint32_t *keys = memory.words(from.keys);
  const uint32_t *order = memory.words(from.order);
  uint32_t *nextKeys = memory.words(to.keys);
  uint32_t *nextOrder = memory.words(to.order);
  __builtin_memset(counts, 0, 4 * SORT_BUCKETS);
  for (int32_t i = 0; i < total; i++) counts[keys[i] >> shift & (SORT_BUCKETS - 1)]++;
  uint32_t sum = 0;
  for (int32_t bucket = 0; bucket < SORT_BUCKETS; bucket++) {
    const uint32_t count = counts[bucket];
    counts[bucket] = sum;
    sum += count;
  }
  for (int32_t i = 0; i < total; i++) {
    const uint32_t place = counts[keys[i] >> shift & (SORT_BUCKETS - 1)]++;
    nextKeys[place] = keys[i];
    nextOrder[place] = order[i];
  }
}

void sortUpdates(Memory memory, const SortUpdatesArguments &args, int32_t, int32_t, Address scratch) {
  const int32_t total = args.total;
  const uint32_t bytes = 4 * (uint32_t)total;
  Sorting now = {args.keys, args.order};
  Sorting next = {args.keys + bytes, args.order + bytes};
  uint32_t *to = memory.words(now.keys);
  for (int32_t s = 0; s < args.numSegments; s++) {
    const SegmentDescriptor &segment = memory.at<SegmentDescriptor>(args.segments)[s];
    __builtin_memcpy(to, memory.words(segment.indices), 4 * (size_t)segment.count);
    to += segment.count;
  }
  int32_t *order = memory.integers(now.order);
  for (int32_t i = 0; i < total; i++) order[i] = i;
  for (int shift = 0; shift < 32 && (uint32_t)args.highestRow >> shift != 0; shift += RADIX_BITS) {
    sortByBits(memory, now, next, total, shift, memory.words(scratch));
    const Sorting sorted = next;
    next = now;
    now = sorted;
  }
  const uint32_t *keys = memory.words(now.keys);
  uint32_t *rows = memory.words(args.rows);
  int32_t *starts = memory.integers(args.starts);
  int32_t distinct = 0;
  for (int32_t i = 0; i < total; i++) {
    if (i > 0 && keys[i] == keys[i - 1]) continue;
    rows[distinct] = keys[i];
    starts[distinct] = i;
    distinct++;
  }
  starts[distinct] = total;
  *memory.at<SortResult>(args.result) = {distinct, now.order};
}

/** Returns the segment of an update, which becomes its index there. */
RECSYS_INLINE const SegmentDescriptor &segmentOf(Memory memory, Address segments, int32_t &update) {
  const SegmentDescriptor *segment = memory.at<SegmentDescriptor>(segments);
  while (update >= segment->count) {
    update -= segment->count;
    segment++;
  }
  return *segment;
}

RECSYS_INLINE const float *valuesOf(Memory memory, const SegmentDescriptor &segment, int32_t update, int32_t width) {
  return memory.floats(segment.values) + (int64_t)(update / segment.fan) * width;
}

void sumUpdates(Memory memory, Address segments, Address order, int32_t from, int32_t until, int32_t total, float *to,
                int32_t width) {
  for (int32_t j = 0; j < width; j += WIDTH) store(to + j, splat(0));
  const int32_t *updates = memory.integers(order);
  for (int32_t i = from; i < until; i++) {
    if (i + AHEAD < total) {
      int32_t next = updates[i + AHEAD];
      const SegmentDescriptor &segment = segmentOf(memory, segments, next);
      fetch(valuesOf(memory, segment, next, width), width);
    }
    int32_t update = updates[i];
    const SegmentDescriptor &segment = segmentOf(memory, segments, update);
    const float *values = valuesOf(memory, segment, update, width);
    const float *scales = memory.optionalFloats(segment.scales);
    const Floats factors = splat(segment.factor * (scales ? scales[update] : 1));
    // Beyond the end of the row, the sums hold values that are never used.
    for (int32_t j = 0; j < width; j += WIDTH) store(to + j, multiplyAdd(factors, load(values + j), load(to + j)));
  }
}

void scatterUpdates(Memory memory, const ScatterUpdatesArguments &args, int32_t begin, int32_t end, Address scratch) {
  const int32_t width = args.width;
  const int32_t *starts = memory.integers(args.starts);
  const uint32_t *rows = memory.words(args.rows);
  float *sums = memory.floats(scratch);
  for (int32_t i = begin; i < end; i++) {
    sumUpdates(memory, args.segments, args.order, starts[i], starts[i + 1], starts[end], sums, width);
    __builtin_memcpy(memory.floats(args.table) + (int64_t)rows[i] * width, sums, 4 * (size_t)width);
  }
}

}  // namespace RECSYS_ISA
