#include "instruction-sets.h"

#if defined(__x86_64__)

#include <cpuid.h>

namespace avx2 {
extern const InstructionSet instructionSet;
}
namespace avx512 {
extern const InstructionSet instructionSet;
}

namespace {

/** Registers whose contents the operating system saves: bits of XCR0. */
constexpr uint32_t AVX_STATE = 0x06;
constexpr uint32_t AVX512_STATE = 0xe6;

uint32_t savedState() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

bool has(uint32_t bits, uint32_t wanted) { return (bits & wanted) == wanted; }

}  // namespace

const InstructionSet *const *supportedInstructionSets() {
  static const InstructionSet *const all[] = {&avx512::instructionSet, &avx2::instructionSet, nullptr};
  static const InstructionSet *const none[] = {nullptr};
  uint32_t a, b, c, d;
  // FMA, OSXSAVE and AVX; then AVX2; then AVX-512 F, DQ, BW and VL.
  if (!__get_cpuid(1, &a, &b, &c, &d) || !has(c, 1u << 12 | 1u << 27 | 1u << 28)) return none;
  const uint32_t state = savedState();
  if (!has(state, AVX_STATE) || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !has(b, 1u << 5)) return none;
  const bool hasAvx512 = has(state, AVX512_STATE) && has(b, 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31);
  return hasAvx512 ? all : all + 1;
}

#else

namespace neon {
extern const InstructionSet instructionSet;
}

const InstructionSet *const *supportedInstructionSets() {
  static const InstructionSet *const all[] = {&neon::instructionSet, nullptr};
  return all;  // part of every 64-bit ARM CPU
}

#endif
