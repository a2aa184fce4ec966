// The filter, compiled once per instruction set.
#include "filter.h"

#include "lanes.h"

namespace {

// Listeners at once: as many sums as fit into registers.
#if defined(__AVX512F__)
constexpr int kTile = 12;
#else
constexpr int kTile = 5;
#endif

/** Notes the tracks of a panel whose upper bound reaches the listener's bar. */
void pass(const TrackPanels& tracks, const Queries& queries, int listener, int64_t panel, uint32_t reached, Lanes product) {
  float products[kLanes];
  store(products, product);
  Passed& passed = queries.passed[listener];
  for (; reached; reached &= reached - 1) {
    const int lane = __builtin_ctz(reached);
    const uint32_t place = static_cast<uint32_t>(panel * kLanes + lane);
    const float unit = queries.scale[listener] / tracks.inverse[place];
    passed.candidates[passed.count++] = {(products[lane] - queries.error) * unit - kTiny,
                                         (products[lane] + queries.error) * unit + kTiny, place};
  }
  if (passed.count + kLanes > passed.capacity) queries.full(queries.context, listener);
}

/** Could any track from this place on, whose norms are no larger, still reach the bar of one of these listeners? */
inline bool isWorth(const TrackPanels& tracks, const Queries& queries, int64_t place, int first, int last) {
  const float most = static_cast<float>(kRoundedNorm) * kRoundedNorm + queries.error;
  for (int i = first; i < last; i++)
    if (most >= queries.bar[i] * tracks.inverse[place]) return true;
  return false;
}

void filter(const TrackPanels& tracks, int64_t firstPanel, int64_t lastPanel, const Queries& queries) {
  for (int first = 0; first < queries.count; first += kTile) {
    const int last = first + kTile < queries.count ? first + kTile : queries.count;
    const int16_t* x[kTile];
    for (int i = 0; i < kTile; i++) x[i] = queries.rounded + static_cast<int64_t>(first + i < last ? first + i : first) * tracks.width;
    for (int64_t panel = firstPanel; panel < lastPanel && isWorth(tracks, queries, panel * kLanes, first, last); panel++) {
      const int16_t* y = tracks.rounded + panel * tracks.width * kLanes;
      IntLanes sum[kTile];
#pragma GCC unroll 12
      for (int i = 0; i < kTile; i++) sum[i] = noInts();
      for (int j = 0; j < tracks.width; j += 2) {
#pragma GCC unroll 12
        for (int i = 0; i < kTile; i++) sum[i] = addProducts(sum[i], x[i] + j, y + j * kLanes);
      }
      const Lanes inverse = load(tracks.inverse + panel * kLanes);
#pragma GCC unroll 12
      for (int i = 0; i < kTile; i++) {
        if (first + i >= last) break;
        const Lanes product = toFloat(sum[i]);
        const uint32_t reached = atLeast(product + all(queries.error), all(queries.bar[first + i]) * inverse);
        if (reached) pass(tracks, queries, first + i, panel, reached, product);
      }
    }
  }
}

float exactScore(const float* x, const float* y, int k) {
  double s[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  int i = 0;
  for (; i + 8 <= k; i += 8)
    for (int lane = 0; lane < 8; lane++) s[lane] += static_cast<double>(x[i + lane]) * static_cast<double>(y[i + lane]);
  for (int lane = 0; i < k; i++, lane++) s[lane] += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  return static_cast<float>(((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])));
}

}  // namespace

#if defined(__AVX512F__)
extern const Retrieval avx512Retrieval = {filter, exactScore};
#elif defined(__AVX2__)
extern const Retrieval avx2Retrieval = {filter, exactScore};
#else
extern const Retrieval portableRetrieval = {filter, exactScore};
#endif
