#pragma once
#include <vector>

#include "packed.h"
#include "rows.h"
#include "threads.h"

/** Tracks packed for scoring: a copy of Y [tracks × k], some of them together. */
class PackedTracks {
 public:
  PackedTracks(const InstructionSet&, const float* Y, int64_t tracks, int k, int threads);

  /**
   * S [count × tracks] = X·Yᵀ: every score, in float32 throughout. The bits of a score depend on its two factors alone, not on
   * what else is scored with them.
   */
  void score(const float* X, int64_t count, float* S, int threads, const Control&) const;

  int64_t bytes() const;

 private:
  const InstructionSet& set_;
  int64_t tracks_;
  int k_;
  std::vector<Packed> packed_;
};
