#include "reduce.h"

#include "kernels.h"

namespace RECSYS_ISA {

void sumInner(Memory memory, const SumInnerArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t width = args.width;
  float *y = memory.floats(args.y);
  for (int32_t i = begin; i < end; i++) {
    const float *x = memory.floats(args.x) + (int64_t)i * width;
    Floats sum = splat(0);
    int32_t j = 0;
    for (; j + WIDTH <= width; j += WIDTH) sum += load(x + j);
    if (j < width) sum += keep(firstLanes(width - j), load(x + j));
    y[i] = sumLanes(sum);
  }
}

void sumOuter(Memory memory, const SumOuterArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t first = begin * COLUMN_BLOCK;
  const int32_t columns = least(end * COLUMN_BLOCK, args.columns) - first;
  sumRows(memory.floats(args.x) + first, args.columns, memory.floats(args.y) + first, args.rows, columns);
}

void sumRows(const float *x, int64_t xRow, float *y, int32_t rows, int32_t columns) {
  for (int32_t j = 0; j < columns; j++) y[j] = 0;
  addRows(x, xRow, y, rows, columns);
}

void addRows(const float *x, int64_t xRow, float *y, int32_t rows, int32_t columns) {
  int32_t j = 0;
  for (; j + WIDTH < columns; j += 2 * WIDTH) {
    Floats first = load(y + j);
    Floats second = load(y + j + WIDTH);
    const float *at = x + j;
    for (int32_t row = 0; row < rows; row++, at += xRow) {
      first += load(at);
      second += load(at + WIDTH);
    }
    store(y + j, first);
    storeFirst(y + j + WIDTH, second, columns - j - WIDTH);
  }
  if (j < columns) {
    Floats sum = load(y + j);
    const float *at = x + j;
    for (int32_t row = 0; row < rows; row++, at += xRow) sum += load(at);
    storeFirst(y + j, sum, columns - j);
  }
}

void addElements(const float *x, float *y, int32_t count) {
  int32_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) store(y + i, load(x + i) + load(y + i));
  for (; i < count; i++) y[i] += x[i];
}

void sumParts(Memory memory, const SumPartsArguments &args, int32_t begin, int32_t end, Address) {
  const float *parts = memory.floats(args.parts);
  float *y = memory.floats(args.y);
  const int32_t last = least(end * PART_BLOCK, args.size);
  for (int32_t i = begin * PART_BLOCK; i < last; i += WIDTH) {
    const float *part = parts + i;
    Floats sum = load(part);
    for (int32_t other = 1; other < args.count; other++) {
      part += args.size;
      sum += load(part);
    }
    storeFirst(y + i, sum, last - i);
  }
}

}  // namespace RECSYS_ISA
