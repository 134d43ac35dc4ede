#include "base/multiply.h"
#include "base/terms.h"
#include "base/transpose.h"
#include "kernels.h"

namespace RECSYS_ISA {

/** Length of the part of a product's inner dimension that stays in the cache. */
constexpr int32_t LOSS_INNER = 64;

template <int Vectors>
static void sumOfVectors(const float *vectors, int32_t width, const uint32_t *rows, const float *factors, int64_t count,
                         const float *first, float firstFactor, float *to, int last) {
  Floats sums[Vectors];
  RECSYS_UNROLL for (int v = 0; v < Vectors; v++) sums[v] = load(first + v * WIDTH) * splat(firstFactor);
  for (int64_t c = 0; c < count; c++) {
    const float *vector = vectors + (int64_t)rows[c] * width;
    const Floats factor = splat(factors[c]);
    RECSYS_UNROLL for (int v = 0; v < Vectors; v++) sums[v] = multiplyAdd(factor, load(vector + v * WIDTH), sums[v]);
  }
  RECSYS_UNROLL for (int v = 0; v < Vectors - 1; v++) store(to + v * WIDTH, sums[v]);
  storeFirst(to + (Vectors - 1) * WIDTH, sums[Vectors - 1], last);
}

void candidateLoss(Memory memory, const CandidateLossArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t width = args.width;
  const int32_t count = args.count;
  const float *table = memory.floats(args.table);
  const uint32_t *targets = memory.words(args.targets);
  const uint32_t *negatives = memory.words(args.negatives);
  float *dTargets = memory.floats(args.dTargets);
  float *dNegatives = memory.floats(args.dNegatives);
  const CandidateLossKind kind = (CandidateLossKind)args.kind;
  for (int32_t block = begin; block < end; block++) {
    const int32_t first = block * LOSS_BLOCK;
    const int32_t last = least(first + LOSS_BLOCK, args.tokens);
    const int64_t own = (int64_t)first * count;
    const int64_t all = (int64_t)(last - first) * count;
    for (int32_t t = first; t < last; t++) {
      if (t + AHEAD < last) fetch(table + (int64_t)targets[t + AHEAD] * width, width);
      const float *hidden = memory.floats(args.hidden) + (int64_t)t * width;
      const float score = dot(hidden, table + (int64_t)targets[t] * width, width);
      const float less = kind == CandidateLossKind::Ranking ? score : 0;
      dTargets[t] = score;
      for (int64_t c = (int64_t)t * count; c < ((int64_t)t + 1) * count; c++) {
        if (c + AHEAD < own + all) fetch(table + (int64_t)negatives[c + AHEAD] * width, width);
        dNegatives[c] = dot(hidden, table + (int64_t)negatives[c] * width, width) - less;
      }
    }
    double sum = 0;
    if (kind == CandidateLossKind::Softmax) {
      for (int32_t t = first; t < last; t++) {
        float *others = dNegatives + (int64_t)t * count;
        sum += softmaxTerm(others, count, dTargets + t, args.correction, args.targetWeight);
      }
    } else {
      sum = softplusTerms(dNegatives + own, all, 1, args.negativeWeight);
      if (kind == CandidateLossKind::Binary) {
        sum += softplusTerms(dTargets + first, last - first, -1, args.targetWeight);
      } else {
        for (int32_t t = first; t < last; t++) {
          const float *pulls = dNegatives + (int64_t)t * count;
          double pull = 0;
          for (int32_t c = 0; c < count; c++) pull += pulls[c];
          dTargets[t] = (float)-pull;
        }
      }
    }
    memory.floats(args.parts)[block] = (float)sum;
    for (int32_t t = first; t < last; t++) {
      const int64_t c = (int64_t)t * count;
      float *to = memory.floats(args.dHidden) + (int64_t)t * width;
      const float *target = table + (int64_t)targets[t] * width;
      const float pull = dTargets[t];
      for (int32_t j = 0; j < width; j += 4 * WIDTH) {
        const int left = width - j;
        const float *from = table + j;
        const uint32_t *rows = negatives + c;
        const float *factors = dNegatives + c;
        switch ((left + WIDTH - 1) / WIDTH) {
          case 1: sumOfVectors<1>(from, width, rows, factors, count, target + j, pull, to + j, left); break;
          case 2: sumOfVectors<2>(from, width, rows, factors, count, target + j, pull, to + j, left - WIDTH); break;
          case 3: sumOfVectors<3>(from, width, rows, factors, count, target + j, pull, to + j, left - 2 * WIDTH); break;
          default: sumOfVectors<4>(from, width, rows, factors, count, target + j, pull, to + j, left - 3 * WIDTH);
        }
      }
    }
  }
}

/** C = A · B with a long inner dimension, in parts of it that stay in the cache. */
static void longProduct(Source a, Source b, Target c, int32_t m, int32_t n, int32_t k) {
  for (int32_t done = 0; done < k; done += LOSS_INNER) {
    const Source from = done == 0 ? fromZero : Source{c.at, c.row};
    multiply({a.at + done, a.row}, {b.at + done * b.row, b.row}, c, from, m, n, least(LOSS_INNER, k - done), false);
  }
}

/** Where the weights of some tokens by one panel of items start. */
RECSYS_INLINE float *panelOf(float *weights, int32_t panel, int32_t tokens, int32_t first) {
  return weights + ((int64_t)panel * tokens + first) * LOSS_PANEL;
}

void softmaxLoss(Memory memory, const SoftmaxLossArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t width = args.width;
  const int32_t items = args.items;
  const int32_t tokens = args.tokens;
  const int32_t panels = (items + LOSS_PANEL - 1) / LOSS_PANEL;
  const uint32_t *targets = memory.words(args.targets);
  const float *vectors = memory.floats(args.vectors);
  const float *transposed = memory.floats(args.transposed);
  float *weights = memory.floats(args.weights);
  Floats highest[LOSS_BLOCK], sums[LOSS_BLOCK];
  float tops[LOSS_BLOCK], scores[LOSS_BLOCK];
  double totals[LOSS_BLOCK];
  for (int32_t block = begin; block < end; block++) {
    const int32_t first = block * LOSS_BLOCK;
    const int32_t rows = least(LOSS_BLOCK, tokens - first);
    const Source hidden = {memory.floats(args.hidden) + (int64_t)first * width, width};
    const Target dHidden = {memory.floats(args.dHidden) + (int64_t)first * width, width};
    for (int32_t r = 0; r < rows; r++) highest[r] = splat(-3.4e38f);
    for (int32_t p = 0; p < panels; p++) {
      const int32_t count = least(LOSS_PANEL, items - p * LOSS_PANEL);
      float *x = panelOf(weights, p, tokens, first);
      const Source b = {transposed + (int64_t)p * LOSS_PANEL * width, count};
      multiply(hidden, b, {x, LOSS_PANEL}, fromZero, rows, count, width, false);
      for (int32_t r = 0; r < rows; r++, x += LOSS_PANEL) {
        Floats most = highest[r];
        for (int32_t i = 0; i < count; i += WIDTH) {
          most = larger(most, choose(firstLanes(count - i), load(x + i), most));
        }
        highest[r] = most;
      }
    }
    for (int32_t r = 0; r < rows; r++) {
      const int32_t target = (int32_t)targets[first + r] - 1;
      tops[r] = maxLanes(highest[r]);
      scores[r] = target < 0 ? 0 : panelOf(weights, target / LOSS_PANEL, tokens, first + r)[target % LOSS_PANEL];
      sums[r] = splat(0);
      totals[r] = 0;
    }
    for (int32_t p = 0; p < panels; p++) {
      const int32_t count = least(LOSS_PANEL, items - p * LOSS_PANEL);
      float *x = panelOf(weights, p, tokens, first);
      // Sums of 1,024 exponentials are kept in float32.
      const bool flush = p % 16 == 15 || p == panels - 1;
      for (int32_t r = 0; r < rows; r++) {
        float *row = x + r * LOSS_PANEL;
        const Floats top = splat(tops[r]);
        Floats sum = sums[r];
        for (int32_t i = 0; i < count; i += WIDTH) {
          const Floats e = exponential(load(row + i) - top);
          sum += keep(firstLanes(count - i), e);
          storeFirst(row + i, e, count - i);
        }
        if (flush) {
          totals[r] += sumLanes(sum);
          sum = splat(0);
        }
        sums[r] = sum;
      }
      const Source b = {vectors + (int64_t)p * LOSS_PANEL * width, width};
      multiply({x, LOSS_PANEL}, b, dHidden, p == 0 ? fromZero : Source{dHidden.at, width}, rows, width, count, false);
    }
    double loss = 0;
    for (int32_t r = 0; r < rows; r++) {
      const int32_t target = (int32_t)targets[first + r] - 1;
      const float factor = (float)(args.weight / totals[r]);
      const float pull = target < 0 ? 0 : args.weight;
      const float *vector = vectors + (int64_t)(target < 0 ? 0 : target) * width;
      float *to = dHidden.at + (int64_t)r * width;
      float *scaled = memory.floats(args.scaled) + ((int64_t)first + r) * width;
      for (int32_t j = 0; j < width; j += WIDTH) {
        const Floats pulled = load(vector + j) * splat(pull);
        storeFirst(to + j, load(to + j) * splat(factor) - pulled, width - j);
        storeFirst(scaled + j, load(hidden.at + (int64_t)r * width + j) * splat(factor), width - j);
      }
      if (target >= 0) {
        float *own = panelOf(weights, target / LOSS_PANEL, tokens, first + r) + target % LOSS_PANEL;
        *own = (float)(*own - totals[r]);
      }
      loss += args.weight * (logOfSum(totals[r]) + ((double)tops[r] - scores[r]));
    }
    memory.floats(args.parts)[block] = (float)loss;
  }
}

void softmaxLossItems(Memory memory, const SoftmaxLossItemsArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t width = args.width;
  const int32_t tokens = args.tokens;
  for (int32_t p = begin; p < end; p++) {
    const int32_t count = least(LOSS_PANEL, args.items - p * LOSS_PANEL);
    const float *weights = panelOf(memory.floats(args.weights), p, tokens, 0);
    const Target dItems = {memory.floats(args.dItems) + (int64_t)p * LOSS_PANEL * width, width};
    for (int32_t done = 0; done < tokens; done += LOSS_INNER) {
      const Source from = done == 0 && args.fromZero ? fromZero : Source{dItems.at, width};
      const Source scaled = {memory.floats(args.scaled) + (int64_t)done * width, width};
      const Source a = {weights + (int64_t)done * LOSS_PANEL, LOSS_PANEL};
      multiplyTransposed(a, scaled, dItems, from, count, width, least(LOSS_INNER, tokens - done));
    }
  }
}

void sharedSoftmaxLoss(Memory memory, const SharedSoftmaxLossArguments &args, int32_t begin, int32_t end,
                       Address scratch) {
  const int32_t width = args.width;
  const int32_t count = args.count;
  const int32_t *offsets = memory.integers(args.offsets);
  const uint32_t *targets = memory.words(args.targets);
  const float *table = memory.floats(args.table);
  // Each part of the scratch memory is followed by room for whole vectors.
  float *own = memory.floats(scratch);
  float *transposed = own + (int64_t)count * width + 16;
  float *weights = transposed + (int64_t)count * width + 16;
  for (int32_t b = begin; b < end; b++) {
    const uint32_t *negatives = memory.words(args.negatives) + (int64_t)b * count;
    for (int32_t c = 0; c < count; c++) {
      __builtin_memcpy(own + (int64_t)c * width, table + (int64_t)negatives[c] * width, 4 * (size_t)width);
    }
    transposeInto(own, width, transposed, count, count, width);
    float *dOwn = memory.floats(args.dNegatives) + (int64_t)b * count * width;
    if (offsets[b] == offsets[b + 1]) __builtin_memset(dOwn, 0, 4 * (size_t)count * width);
    double sum = 0;
    for (int32_t first = offsets[b]; first < offsets[b + 1]; first += LOSS_BLOCK) {
      const int32_t rows = least(LOSS_BLOCK, offsets[b + 1] - first);
      const Source hidden = {memory.floats(args.hidden) + (int64_t)first * width, width};
      const Target dHidden = {memory.floats(args.dHidden) + (int64_t)first * width, width};
      multiply(hidden, {transposed, count}, {weights, count}, fromZero, rows, count, width, false);
      for (int32_t r = 0; r < rows; r++) {
        float *pull = memory.floats(args.dTargets) + first + r;
        *pull = dot(hidden.at + (int64_t)r * width, table + (int64_t)targets[first + r] * width, width);
        sum += softmaxTerm(weights + (int64_t)r * count, count, pull, args.correction, args.weight);
      }
      longProduct({weights, count}, {own, width}, dHidden, rows, width, count);
      for (int32_t r = 0; r < rows; r++) {
        const float *target = table + (int64_t)targets[first + r] * width;
        const Floats pulls = splat(memory.floats(args.dTargets)[first + r]);
        float *to = dHidden.at + (int64_t)r * width;
        for (int32_t j = 0; j < width; j += WIDTH) {
          storeFirst(to + j, multiplyAdd(pulls, load(target + j), load(to + j)), width - j);
        }
      }
      const Source before = first == offsets[b] ? fromZero : Source{dOwn, width};
      multiplyTransposed({weights, count}, hidden, {dOwn, width}, before, count, width, rows);
    }
    memory.floats(args.parts)[b] = (float)sum;
  }
}

}  // namespace RECSYS_ISA
