// Retrieval in two steps: a fast filter in whole numbers passes every track that could be among the best, by a proven bound on
// its error; what passes is scored exactly.
#pragma once
#include <cstdint>

/**
 * A factor is taken as this many times its direction, rounded to whole numbers q, so that qₓᵀq_y stays below 2³¹ at any rank.
 * With x ≈ sₓqₓ each number is off by at most sₓ/2, therefore
 *
 *     |xᵀy/(sₓs_y) − qₓᵀq_y| ≤ (‖x‖/sₓ + ‖y‖/s_y)·√k/2 + k/4 ≤ kRoundedNorm·√k + k/4
 *
 * which at 128 factors is 0.04 % of ‖x‖‖y‖.
 */
constexpr int kRoundedNorm = 32000;

/** Added to every bound: where scores are so small that float32 loses digits, everything passes. */
constexpr float kTiny = 1e-36f;

/** Tracks in panels of sixteen, by norm descending; the places behind the last one are zeros. */
struct TrackPanels {
  int width;               // numbers in a rounded track: k, made even
  const int16_t* rounded;  // [panels][width/2][16][2]
  const float* inverse;    // 1/s_y, ascending
};

/** A track that passed: its score is proven to lie between the bounds. */
struct Candidate {
  float lower, upper;
  uint32_t place;  // in the panels' order
};

/** Where the filter leaves what passed for one listener. */
struct Passed {
  Candidate* candidates;
  int count, capacity;  // of which a panel of sixteen must always be free
  int checked;          // so many of them are known not to be excluded
};

/** Listeners who are filtered together; arrays by listener. */
struct Queries {
  int count;
  const int16_t* rounded;  // qₓ [count × width]
  const float* scale;      // sₓ
  const float* bar;        // the score to reach, over sₓ; −∞ before n tracks are known to reach any
  float error;             // the bound above, and what the filter's own float32 arithmetic may add
  Passed* passed;
  void (*full)(void* context, int listener);  // makes room in `passed` and raises `bar`
  void* context;
};

/** One instruction set's part in retrieval. */
struct Retrieval {
  /** Passes the tracks of panels first … last − 1 whose upper bound reaches a listener's bar. */
  void (*filter)(const TrackPanels&, int64_t first, int64_t last, const Queries&);
  /** The score itself: Σ xᵢyᵢ in float64, in eight interleaved sums, rounded once. Products of float32 are exact there. */
  float (*exactScore)(const float* x, const float* y, int k);
};
