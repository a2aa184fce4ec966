// Retrieval in two steps: a fast filter in whole numbers passes every track that could be among the best, by a proven bound on
// its error; what passes is scored exactly. Factors x and y are in the coordinates of turn.h here, where there is a turn.
#pragma once
#include <cstdint>

/**
 * Factors are rounded to whole numbers over a scale of their own, x = sₓqₓ + eₓ with qₓ from −63 to 63 and y = s_yq_y + e_y
 * with q_y from −31 to 31. What rounding took is known, therefore
 *
 *     |xᵀy − sₓs_y·qₓᵀq_y| = |eₓᵀy + sₓqₓᵀe_y| ≤ ‖eₓ‖‖y‖ + ‖sₓqₓ‖‖e_y‖
 *
 * by Cauchy and Schwarz: at 128 factors about 4 % of ‖x‖‖y‖. Finer numbers would pass fewer tracks that cannot be listed, and
 * filter slower. Ranks up to 8,000 keep whole numbers exact in float32.
 *
 * Of a rounded factor the head is looked at first: xᵀy is at most the heads' product and ‖tail of x‖‖tail of y‖, which is below
 * the bar for most of a large catalogue.
 */
constexpr int kListenerReach = 63;
constexpr int kTrackReach = 31;

/** Of rounded factors: numbers come in groups of so many, the last filled up with zeros. */
constexpr int kGroup = 16;

/**
 * Tracks in panels of sixteen; the places behind the last one are zeros. Between strides of panels norms descend, and the
 * first place of a stride has its largest.
 */
struct TrackPanels {
  int width;                  // numbers in a rounded track: k, in whole groups
  int head;                   // so many of them are looked at first
  const int8_t* rounded;      // q_y [panels][width/4][16][4]
  const int32_t* headOffset;  // −63·Σ q_y of the head, for listeners' numbers are stored as qₓ + 63; this and all below by place
  const int32_t* tailOffset;  // the same of the others
  const float* scale;         // s_y
  const float* norm;          // ‖y‖
  const float* tailNorm;      // of the numbers behind the head
  const float* error;         // ‖e_y‖, or more
};

/** A listener for whom tracks are sought; numbers are over sₓ. */
struct Query {
  const uint8_t* rounded;  // qₓ + 63 [width]
  float norm;              // ‖qₓ‖
  float length;            // ‖x‖/sₓ, and what float32 arithmetic may add
  float tailNorm;          // ‖x‖/sₓ of the numbers behind the head
  float error;             // ‖eₓ‖/sₓ or more: what float32 arithmetic may take is added
  float bar;               // the score to reach; −∞ before n tracks are known to reach any
  int listener;            // whose it is
  int count;               // of the tracks that passed
  uint32_t* passed;        // their places, ascending
};

/** One instruction set's part in retrieval. */
struct Retrieval {
  /** Passes the tracks of panels first … last − 1 whose upper bound reaches a query's bar; there must be room for them all. */
  void (*filter)(const TrackPanels&, int64_t first, int64_t last, Query* queries, int count);
  /** The scores themselves, of some rows of Y: Σ xᵢyᵢ in float64, in eight interleaved sums, rounded once; products are exact. */
  void (*score)(const float* x, const float* Y, int k, const uint32_t* rows, int count, float* scores);
};
