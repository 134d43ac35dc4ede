/** The memory that kernels share with WebAssembly and JavaScript, where an address is a number of bytes from its start. */
#pragma once

#include "../generated/arguments.h"

namespace RECSYS_ISA {

struct Memory {
  char *start;

  template <typename Type>
  Type *at(Address address) const {
    return reinterpret_cast<Type *>(start + address);
  }
  float *floats(Address address) const { return at<float>(address); }
  int32_t *integers(Address address) const { return at<int32_t>(address); }
  uint32_t *words(Address address) const { return at<uint32_t>(address); }
  /** The floats at an optional address; null for none. */
  float *optionalFloats(Address address) const { return address == 0 ? nullptr : floats(address); }
};

// The standard library has these as templates. The linker would keep one copy for all instruction sets, perhaps one
// that this CPU cannot run.
inline int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }
/** Items ahead whose rows are fetched: those of a large table lie anywhere in memory. */
constexpr int32_t AHEAD = 4;

/** Begins to fetch `count` floats. */
inline void fetch(const float *from, int64_t count) {
  for (int64_t i = 0; i < count; i += 16) __builtin_prefetch(from + i);
}

inline int32_t roundUp(int32_t count, int32_t step) { return (count + step - 1) / step * step; }

}  // namespace RECSYS_ISA
