// The filter, compiled once per instruction set.
#include "filter.h"

#include <algorithm>
#include <limits>

#include "lanes.h"

namespace {

// Listeners at once: as many sums as fit into registers.
#if defined(KERNEL_AVX512)
constexpr int kTile = 12;
#else
constexpr int kTile = 4;
#endif

constexpr int kTogether = 64;  // listeners whose factors stay in the nearest cache while a panel is looked at
constexpr int kRows = 4;  // scored at once: their chains of additions hide each other's latency

/** Tracks of a panel whose scores may reach the bar: their products so far, what the others may come to, and the error. */
uint32_t reached(const TrackPanels& tracks, int64_t panel, const Query& query, IntLanes sums, Lanes others) {
  const Lanes score = fma(toFloat(sums), load(tracks.scale + panel * kLanes), others);
  const Lanes rounding = all(query.norm) * load(tracks.error + panel * kLanes);
  const Lanes error = fma(all(query.error), load(tracks.norm + panel * kLanes), rounding);
  return atLeast(score + error, all(query.bar));
}

/** Notes the tracks of a panel that passed. */
void pass(Query& query, int64_t panel, uint32_t reached) {
  for (; reached; reached &= reached - 1)
    query.passed[query.count++] = static_cast<uint32_t>(panel * kLanes + __builtin_ctz(reached));
}

/**
 * Looks at the heads of a panel's tracks for all listeners, taking for the tails what they can be at most; then at the tails
 * for those whose bar may still be reached. With nothing behind the heads, once is enough.
 */
template <bool HAS_TAILS>
void filterFor(const TrackPanels tracks, int64_t firstPanel, int64_t lastPanel, Query* queries, int count) {
  Query nobody = queries[0];  // fills up tiles
  nobody.bar = std::numeric_limits<float>::infinity();
  Query* asked[kTogether + kTile];
  for (int i = 0; i < count + kTile; i++) asked[i] = i < count ? queries + i : &nobody;
  IntLanes nearSums[kTogether + kTile];
  Query* near[kTogether + kTile];
  for (int64_t panel = firstPanel; panel < lastPanel; panel++) {
    const int8_t* y = tracks.rounded + panel * tracks.width * kLanes;
    const Lanes tailNorm = load(tracks.tailNorm + panel * kLanes);
    int nearCount = 0;
    for (int first = 0; first < count; first += kTile) {
      IntLanes sums[kTile];
#pragma GCC unroll 12
      for (int i = 0; i < kTile; i++) sums[i] = loadInts(tracks.headOffset + panel * kLanes);
      for (int j = 0; j < tracks.head; j += kGroup)
        addProducts<kTile>(sums, [&](int i) { return asked[first + i]->rounded + j; }, y + j * kLanes);
#pragma GCC unroll 12
      for (int i = 0; i < kTile; i++) {
        const Lanes others = HAS_TAILS ? all(asked[first + i]->tailNorm) * tailNorm : zero();
        const uint32_t bits = reached(tracks, panel, *asked[first + i], sums[i], others);
        if (!bits) continue;
        if (HAS_TAILS) nearSums[nearCount] = sums[i], near[nearCount++] = asked[first + i];
        else pass(*asked[first + i], panel, bits);
      }
    }
    if (!HAS_TAILS) continue;
    std::fill_n(near + nearCount, kTile, &nobody);
    for (int first = 0; first < nearCount; first += kTile) {
      IntLanes sums[kTile];
#pragma GCC unroll 12
      for (int i = 0; i < kTile; i++) sums[i] = nearSums[first + i] + loadInts(tracks.tailOffset + panel * kLanes);
      for (int j = tracks.head; j < tracks.width; j += kGroup)
        addProducts<kTile>(sums, [&](int i) { return near[first + i]->rounded + j; }, y + j * kLanes);
#pragma GCC unroll 12
      for (int i = 0; i < kTile; i++) {
        const uint32_t bits = reached(tracks, panel, *near[first + i], sums[i], zero());
        if (bits) pass(*near[first + i], panel, bits);
      }
    }
  }
}

void filter(const TrackPanels& tracks, int64_t firstPanel, int64_t lastPanel, Query* queries, int count) {
  const auto filterFew = tracks.head < tracks.width ? filterFor<true> : filterFor<false>;
  for (int first = 0; first < count; first += kTogether)
    filterFew(tracks, firstPanel, lastPanel, queries + first, std::min(kTogether, count - first));
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
