// Two scores of every track brought to one scale and blended, as engine/blend/one-scale.ts says.
#pragma once
#include <cstdint>

/** What is known of the tracks. */
struct TrackTrust {
  const float* trust;       // in the collaborative score, in [0, 1] [tracks]
  const uint8_t* evidence;  // 0 to kMostEvidence: how much the collaborative score is worth [tracks]
  int64_t tracks;
};
constexpr int kMostEvidence = 2;

/** So many known tracks at most tell how a listener's scores lie to each other. */
constexpr int kAgreementTracks = 4096;

/** The tracks of at least some evidence: rows ascend, and rank[t] of them come before track t [tracks + 1]. */
struct KnownTracks {
  const uint32_t* rows;
  const uint32_t* rank;
};

/** Working memory; holds nothing between listeners. */
constexpr int kBins = 2048;
struct BlendScratch {
  uint32_t audioCounts[kBins], collaborativeCounts[kBins];
  float scale[kBins + 2];
};

struct Blending {
  /**
   * Blends one listener's scores: `collaborative` [tracks] is overwritten with the blended ones, −∞ where `heard`, whose rows
   * ascend. `known` are the tracks that set the scale, those heard among them not counted.
   */
  void (*blend)(const TrackTrust&, const KnownTracks& known, const uint32_t* heard, int64_t heardCount, float* collaborative,
                const float* audio, BlendScratch&);
  /** The rows of up to n largest scores above −∞, by (score descending, row ascending). Returns how many there are. */
  int (*best)(const float* scores, int64_t tracks, int n, uint32_t* rows, float* bestScores);
};
