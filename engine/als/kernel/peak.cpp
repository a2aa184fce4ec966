// How fast this processor can multiply and add, compiled once per instruction set: what the other loops are measured against.
#include "peak.h"

#include "lanes.h"

namespace {

// Independent chains: enough to hide the latency of a fused multiply-add, few enough to stay in registers.
#if defined(KERNEL_AVX512)
constexpr int kChains = 12;
#elif defined(KERNEL_AVX2)
constexpr int kChains = 6;
#else
constexpr int kChains = 3;
#endif

double multiplyAdds(int64_t rounds, float* total) {
  Lanes s[kChains];
#pragma GCC unroll 12
  for (int i = 0; i < kChains; i++) s[i] = all(0.001f * static_cast<float>(i));
  const Lanes x = all(0.999f), y = all(0.0001f);  // s tends to 0.1: no subnormal numbers, which would be slow
  for (int64_t round = 0; round < rounds; round++) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; i++) s[i] = fma(s[i], x, y);
  }
  *total = 0;
#pragma GCC unroll 12
  for (int i = 0; i < kChains; i++) *total += sum(s[i]);
  return 2.0 * kChains * kLanes * static_cast<double>(rounds);
}

}  // namespace

#if defined(KERNEL_AVX512)
extern const MultiplyAdds avx512Peak = multiplyAdds;
#elif defined(KERNEL_AVX2)
extern const MultiplyAdds avx2Peak = multiplyAdds;
#else
extern const MultiplyAdds portablePeak = multiplyAdds;
#endif
