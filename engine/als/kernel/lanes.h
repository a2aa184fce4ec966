// Sixteen float32 lanes with the same arithmetic on every instruction set: one 512-bit register, two of 256 bits, or a
// plain array. Every sum runs in the same order everywhere, so AVX-512 and AVX2 give the same bits. The portable version
// does too where the machine has a fused multiply-add; without one it rounds twice and has bits of its own.
//
// Everything is in an unnamed namespace and nothing of the standard library is used here: this file is compiled once per
// instruction set, and the linker must not merge a function made for one with its namesake made for another.
#pragma once
#include <cstddef>
#include <cstdint>
#if defined(KERNEL_EMULATE) && defined(KERNEL_AVX512)
#include "emulated-avx512.h"
#elif defined(KERNEL_AVX512) || defined(KERNEL_AVX2)
#include <immintrin.h>
#endif

namespace {

constexpr int kLanes = 16;

#if defined(KERNEL_AVX512)

struct Lanes { __m512 v; };
inline Lanes zero() { return {_mm512_setzero_ps()}; }
inline Lanes all(float x) { return {_mm512_set1_ps(x)}; }
inline Lanes load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline Lanes load(const int16_t* p) {
  return {_mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))))};
}
inline void store(float* p, Lanes x) { _mm512_storeu_ps(p, x.v); }
inline void store(int16_t* p, Lanes x) {  // rounds to nearest even; |x| ≤ 32767
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(x.v)));
}
inline Lanes operator+(Lanes x, Lanes y) { return {_mm512_add_ps(x.v, y.v)}; }
inline Lanes operator*(Lanes x, Lanes y) { return {_mm512_mul_ps(x.v, y.v)}; }
inline Lanes fma(Lanes x, Lanes y, Lanes z) { return {_mm512_fmadd_ps(x.v, y.v, z.v)}; }
inline Lanes magnitude(Lanes x) { return {_mm512_abs_ps(x.v)}; }
inline Lanes larger(Lanes x, Lanes y) { return {_mm512_max_ps(x.v, y.v)}; }
/** Bit i is set where x ≥ y in lane i. */
inline uint32_t atLeast(Lanes x, Lanes y) { return _mm512_cmp_ps_mask(x.v, y.v, _CMP_GE_OQ); }
inline __m256 halves(Lanes x) {
  return _mm256_add_ps(_mm512_castps512_ps256(x.v), _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x.v), 1)));
}
inline __m256 largerHalf(Lanes x) {
  return _mm256_max_ps(_mm512_castps512_ps256(x.v), _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x.v), 1)));
}

#elif defined(KERNEL_AVX2)

struct Lanes { __m256 low, high; };
inline Lanes zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
inline Lanes all(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
inline Lanes load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
inline __m256 eight(const int16_t* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
inline Lanes load(const int16_t* p) { return {eight(p), eight(p + 8)}; }
inline void store(float* p, Lanes x) { _mm256_storeu_ps(p, x.low), _mm256_storeu_ps(p + 8, x.high); }
inline void store(int16_t* p, Lanes x) {
  const __m256i packed = _mm256_packs_epi32(_mm256_cvtps_epi32(x.low), _mm256_cvtps_epi32(x.high));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_permute4x64_epi64(packed, 0xd8));
}
inline Lanes operator+(Lanes x, Lanes y) { return {_mm256_add_ps(x.low, y.low), _mm256_add_ps(x.high, y.high)}; }
inline Lanes operator*(Lanes x, Lanes y) { return {_mm256_mul_ps(x.low, y.low), _mm256_mul_ps(x.high, y.high)}; }
inline Lanes fma(Lanes x, Lanes y, Lanes z) {
  return {_mm256_fmadd_ps(x.low, y.low, z.low), _mm256_fmadd_ps(x.high, y.high, z.high)};
}
inline Lanes magnitude(Lanes x) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_andnot_ps(sign, x.low), _mm256_andnot_ps(sign, x.high)};
}
inline Lanes larger(Lanes x, Lanes y) { return {_mm256_max_ps(x.low, y.low), _mm256_max_ps(x.high, y.high)}; }
inline uint32_t atLeast(Lanes x, Lanes y) {
  return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(x.low, y.low, _CMP_GE_OQ))) |
         static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(x.high, y.high, _CMP_GE_OQ))) << 8;
}
inline __m256 halves(Lanes x) { return _mm256_add_ps(x.low, x.high); }
inline __m256 largerHalf(Lanes x) { return _mm256_max_ps(x.low, x.high); }

#else

typedef float Four __attribute__((vector_size(16)));
struct Lanes { Four v[4]; };
template <class F> inline Lanes fours(F f) { return {{f(0), f(1), f(2), f(3)}}; }

inline Lanes all(float x) { return fours([=](int) { return Four{x, x, x, x}; }); }
inline Lanes zero() { return all(0); }
inline Lanes load(const float* p) {
  Lanes x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}
inline Lanes load(const int16_t* p) {
  return fours([=](int i) {
    const int16_t* q = p + 4 * i;
    return Four{static_cast<float>(q[0]), static_cast<float>(q[1]), static_cast<float>(q[2]), static_cast<float>(q[3])};
  });
}
inline void store(float* p, Lanes x) { __builtin_memcpy(p, &x, sizeof x); }
inline void store(int16_t* p, Lanes x) {
  for (int i = 0; i < kLanes; i++) p[i] = static_cast<int16_t>(__builtin_rintf(x.v[i / 4][i % 4]));
}
inline Lanes operator+(Lanes x, Lanes y) { return fours([&](int i) { return x.v[i] + y.v[i]; }); }
inline Lanes operator*(Lanes x, Lanes y) { return fours([&](int i) { return x.v[i] * y.v[i]; }); }
inline Lanes fma(Lanes x, Lanes y, Lanes z) {
#if defined(__FP_FAST_FMAF)
  return fours([&](int i) {
    Four sum;
    for (int j = 0; j < 4; j++) sum[j] = __builtin_fmaf(x.v[i][j], y.v[i][j], z.v[i][j]);
    return sum;
  });
#else
  return x * y + z;
#endif
}
inline Lanes larger(Lanes x, Lanes y) { return fours([&](int i) { return x.v[i] > y.v[i] ? x.v[i] : y.v[i]; }); }
inline Lanes magnitude(Lanes x) { return larger(x, fours([&](int i) { return -x.v[i]; })); }
inline uint32_t atLeast(Lanes x, Lanes y) {
  uint32_t bits = 0;
  for (int i = 0; i < kLanes; i++) bits |= static_cast<uint32_t>(x.v[i / 4][i % 4] >= y.v[i / 4][i % 4]) << i;
  return bits;
}

#endif

#if defined(KERNEL_AVX512) || defined(KERNEL_AVX2)

/** The sum of the lanes, in a fixed tree: i with i + 8, then + 4, + 2, + 1. */
inline float sum(Lanes x) {
  const __m256 eight = halves(x);
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}
inline float largest(Lanes x) {
  const __m256 eight = largerHalf(x);
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
}

#else

inline float sum(Lanes x) {
  const Four four = (x.v[0] + x.v[2]) + (x.v[1] + x.v[3]);
  return (four[0] + four[2]) + (four[1] + four[3]);
}
inline float largest(Lanes x) {
  float most = x.v[0][0];
  for (int i = 1; i < kLanes; i++) most = x.v[i / 4][i % 4] > most ? x.v[i / 4][i % 4] : most;
  return most;
}

#endif

/**
 * Sixteen 32-bit sums of products of small whole numbers, two rows of them or more at a time. addProducts adds to lane i of
 * sums[r] the inner product of same(r), sixteen numbers from 0 to 126, with the lane's own sixteen from −31 to 31, stored
 * as own[4][16 lanes][4]. Eight products stay below 2¹⁵, so pairs are summed in 16 bits four times before they are widened:
 * twice the rate of 16-bit factors. Exact, therefore equal everywhere.
 */
#if defined(KERNEL_AVX512)

struct IntLanes { __m512i v; };
inline IntLanes loadInts(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
inline IntLanes operator+(IntLanes x, IntLanes y) { return {_mm512_add_epi32(x.v, y.v)}; }
inline Lanes toFloat(IntLanes x) { return {_mm512_cvtepi32_ps(x.v)}; }
template <int ROWS, class Same> inline void addProducts(IntLanes* sums, Same same, const int8_t* own) {
  __m512i pairs[ROWS];
#pragma GCC unroll 4
  for (int step = 0; step < 4; step++) {
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++) {
      const __m512i y = _mm512_loadu_si512(own + 64 * step);
      int32_t four;
      __builtin_memcpy(&four, same(r) + 4 * step, 4);
      const __m512i products = _mm512_maddubs_epi16(_mm512_set1_epi32(four), y);
      pairs[r] = step == 0 ? products : _mm512_add_epi16(pairs[r], products);
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < ROWS; r++)
    sums[r].v = _mm512_add_epi32(sums[r].v, _mm512_madd_epi16(pairs[r], _mm512_set1_epi16(1)));
}

#elif defined(KERNEL_AVX2)

struct IntLanes { __m256i low, high; };
inline IntLanes loadInts(const int32_t* p) {
  const __m256i* eight = reinterpret_cast<const __m256i*>(p);
  return {_mm256_loadu_si256(eight), _mm256_loadu_si256(eight + 1)};
}
inline IntLanes operator+(IntLanes x, IntLanes y) { return {_mm256_add_epi32(x.low, y.low), _mm256_add_epi32(x.high, y.high)}; }
inline Lanes toFloat(IntLanes x) { return {_mm256_cvtepi32_ps(x.low), _mm256_cvtepi32_ps(x.high)}; }
template <int ROWS, class Same> inline void addProducts(IntLanes* sums, Same same, const int8_t* own) {
  __m256i low[ROWS], high[ROWS];
#pragma GCC unroll 4
  for (int step = 0; step < 4; step++) {
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++) {
      const __m256i* y = reinterpret_cast<const __m256i*>(own + 64 * step);
      const __m256i yLow = _mm256_loadu_si256(y), yHigh = _mm256_loadu_si256(y + 1);
      int32_t four;
      __builtin_memcpy(&four, same(r) + 4 * step, 4);
      const __m256i x = _mm256_set1_epi32(four);
      const __m256i productsLow = _mm256_maddubs_epi16(x, yLow), productsHigh = _mm256_maddubs_epi16(x, yHigh);
      low[r] = step == 0 ? productsLow : _mm256_add_epi16(low[r], productsLow);
      high[r] = step == 0 ? productsHigh : _mm256_add_epi16(high[r], productsHigh);
      asm volatile("" : "+x"(low[r]), "+x"(high[r]));  // in this order: reordered, it needs more registers than there are
    }
  }
  const __m256i one = _mm256_set1_epi16(1);
#pragma GCC unroll 12
  for (int r = 0; r < ROWS; r++) {
    sums[r].low = _mm256_add_epi32(sums[r].low, _mm256_madd_epi16(low[r], one));
    sums[r].high = _mm256_add_epi32(sums[r].high, _mm256_madd_epi16(high[r], one));
  }
}

#else

struct IntLanes { int32_t v[kLanes]; };
inline IntLanes loadInts(const int32_t* p) {
  IntLanes x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}
inline IntLanes operator+(IntLanes x, IntLanes y) {
  for (int i = 0; i < kLanes; i++) x.v[i] += y.v[i];
  return x;
}
inline Lanes toFloat(IntLanes x) {
  return fours([&](int i) {
    const int32_t* v = x.v + 4 * i;
    return Four{static_cast<float>(v[0]), static_cast<float>(v[1]), static_cast<float>(v[2]), static_cast<float>(v[3])};
  });
}
template <int ROWS, class Same> inline void addProducts(IntLanes* sums, Same same, const int8_t* own) {
  for (int r = 0; r < ROWS; r++)
    for (int step = 0; step < 4; step++)
      for (int lane = 0; lane < kLanes; lane++)
        for (int j = 0; j < 4; j++) sums[r].v[lane] += same(r)[4 * step + j] * own[(step * kLanes + lane) * 4 + j];
}

#endif

/** Eight float64 sums of products of float32, which are exact there: fused or not, the bits are the same. */
#if defined(KERNEL_AVX512)

struct Sums { __m512d v; };
inline Sums noSums() { return {_mm512_setzero_pd()}; }
inline Sums widen(const float* p) { return {_mm512_cvtps_pd(_mm256_loadu_ps(p))}; }
inline Sums addProducts(Sums sums, Sums x, Sums y) { return {_mm512_fmadd_pd(x.v, y.v, sums.v)}; }
inline void store(double* p, Sums x) { _mm512_storeu_pd(p, x.v); }

#elif defined(KERNEL_AVX2)

struct Sums { __m256d low, high; };
inline Sums noSums() { return {_mm256_setzero_pd(), _mm256_setzero_pd()}; }
inline Sums widen(const float* p) { return {_mm256_cvtps_pd(_mm_loadu_ps(p)), _mm256_cvtps_pd(_mm_loadu_ps(p + 4))}; }
inline Sums addProducts(Sums sums, Sums x, Sums y) {
  return {_mm256_fmadd_pd(x.low, y.low, sums.low), _mm256_fmadd_pd(x.high, y.high, sums.high)};
}
inline void store(double* p, Sums x) { _mm256_storeu_pd(p, x.low), _mm256_storeu_pd(p + 4, x.high); }

#else

struct Sums { double v[8]; };
inline Sums noSums() { return {}; }
inline Sums widen(const float* p) {
  Sums x;
  for (int i = 0; i < 8; i++) x.v[i] = p[i];
  return x;
}
inline Sums addProducts(Sums sums, Sums x, Sums y) {
  for (int i = 0; i < 8; i++) sums.v[i] += x.v[i] * y.v[i];
  return sums;
}
inline void store(double* p, Sums x) { __builtin_memcpy(p, x.v, sizeof x); }

#endif

}  // namespace
