// The filter, compiled once per instruction set.
#include "filter.h"

#include "lanes.h"

namespace {

// Listeners at once: as many sums as fit into registers.
#if defined(KERNEL_AVX512)
constexpr int kTile = 12;
#else
constexpr int kTile = 4;
#endif

constexpr int kRows = 4;  // scored at once: their chains of additions hide each other's latency

/** Notes the tracks of a panel that reach the bar. */
void pass(Query& query, int64_t panel, uint32_t reached) {
  for (; reached; reached &= reached - 1)
    query.passed[query.count++] = static_cast<uint32_t>(panel * kLanes + __builtin_ctz(reached));
}

void filter(const TrackPanels& tracks, int64_t firstPanel, int64_t lastPanel, Query* const* queries, int count) {
  for (int first = 0; first < count; first += kTile) {
    const int tile = first + kTile < count ? kTile : count - first;
    const uint8_t* x[kTile];
    for (int i = 0; i < kTile; i++) x[i] = queries[first + (i < tile ? i : 0)]->rounded;
    for (int64_t panel = firstPanel; panel < lastPanel; panel++) {
      const int8_t* y = tracks.rounded + panel * tracks.width * kLanes;
      IntLanes sums[kTile];
#pragma GCC unroll 12
      for (int i = 0; i < kTile; i++) sums[i] = loadInts(tracks.offset + panel * kLanes);
      for (int j = 0; j < tracks.width; j += kGroup) addProducts<kTile>(sums, x, j, y + j * kLanes);
      const Lanes scale = load(tracks.scale + panel * kLanes);
      const Lanes norm = load(tracks.norm + panel * kLanes);
      const Lanes rounding = load(tracks.error + panel * kLanes);
#pragma GCC unroll 12
      for (int i = 0; i < kTile; i++) {
        if (i >= tile) break;
        Query& query = *queries[first + i];
        const Lanes score = toFloat(sums[i]) * scale;
        const Lanes error = fma(all(query.error), norm, all(query.norm) * rounding);
        const uint32_t reached = atLeast(score + error, all(query.bar));
        if (reached) pass(query, panel, reached);
      }
    }
  }
}

void score(const float* x, const float* Y, int k, const uint32_t* rows, int count, float* scores) {
  for (int first = 0; first < count; first += kRows) {
    const float* y[kRows];
    for (int r = 0; r < kRows; r++) y[r] = Y + static_cast<int64_t>(rows[first + r < count ? first + r : first]) * k;
    Sums sums[kRows];
#pragma GCC unroll 4
    for (int r = 0; r < kRows; r++) sums[r] = noSums();
    int i = 0;
    for (; i + 8 <= k; i += 8) {
      const Sums wide = widen(x + i);
#pragma GCC unroll 4
      for (int r = 0; r < kRows; r++) sums[r] = addProducts(sums[r], wide, widen(y[r] + i));
    }
    for (int r = 0; r < kRows && first + r < count; r++) {
      double s[8];
      store(s, sums[r]);
      for (int lane = 0; i + lane < k; lane++) s[lane] += static_cast<double>(x[i + lane]) * static_cast<double>(y[r][i + lane]);
      scores[first + r] = static_cast<float>(((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])));
    }
  }
}

}  // namespace

#if defined(KERNEL_AVX512)
extern const Retrieval avx512Retrieval = {filter, score};
#elif defined(KERNEL_AVX2)
extern const Retrieval avx2Retrieval = {filter, score};
#else
extern const Retrieval portableRetrieval = {filter, score};
#endif
