// AVX-512 on a processor that has AVX2 only, for tests: SIMDe, and in halves the conversions that it lacks. See test/avx512.sh.
#pragma once
#include <simde/x86/avx512.h>

#include <cstring>

#undef _mm512_madd_epi16  // SIMDe 0.7 gives this name to the masked one
#define _mm512_madd_epi16 simde_mm512_madd_epi16

namespace {

template <class To, class From> To bits(From x) {
  static_assert(sizeof(To) == sizeof(From), "no bit may be lost");
  To y;
  std::memcpy(&y, &x, sizeof y);
  return y;
}
template <class Half> struct Halves { Half low, high; };
using IntHalves = Halves<__m256i>;

inline __m512i cvtepi16_epi32(__m256i x) {
  return bits<__m512i>(IntHalves{_mm256_cvtepi16_epi32(_mm256_castsi256_si128(x)), _mm256_cvtepi16_epi32(_mm256_extracti128_si256(x, 1))});
}
inline __m256i cvtepi32_epi16(__m512i x) {  // numbers that fit
  const auto [low, high] = bits<IntHalves>(x);
  return _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
}
inline __m512 cvtepi32_ps(__m512i x) {
  const auto [low, high] = bits<IntHalves>(x);
  return bits<__m512>(Halves<__m256>{_mm256_cvtepi32_ps(low), _mm256_cvtepi32_ps(high)});
}
inline __m512i cvtps_epi32(__m512 x) {
  const auto [low, high] = bits<Halves<__m256>>(x);
  return bits<__m512i>(IntHalves{_mm256_cvtps_epi32(low), _mm256_cvtps_epi32(high)});
}
inline __m512d cvtps_pd(__m256 x) {
  return bits<__m512d>(Halves<__m256d>{_mm256_cvtps_pd(_mm256_castps256_ps128(x)), _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1))});
}

}  // namespace

#define _mm512_cvtepi16_epi32 cvtepi16_epi32
#define _mm512_cvtepi32_epi16 cvtepi32_epi16
#define _mm512_cvtepi32_ps cvtepi32_ps
#define _mm512_cvtps_epi32 cvtps_epi32
#define _mm512_cvtps_pd cvtps_pd
