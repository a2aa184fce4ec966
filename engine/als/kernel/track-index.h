#pragma once
#include "filter.h"
#include "memory.h"
#include "threads.h"
#include "turn.h"

/** Lists made for some listeners: places first … first + length are theirs, best first. */
struct TopLists {
  uint32_t* rows;     // [listeners × n]
  float* scores;      // [listeners × n]
  uint32_t* lengths;  // [listeners]
};

/** What must not be listed: tracks heard, by listener, ascending; and tracks that are not allowed, for all. */
struct Exclusions {
  const uint32_t* heardStarts;  // [listeners + 1], or null
  const uint32_t* heard;
  const uint8_t* allow;  // [tracks], or null
};

/**
 * Track factors made ready for exact retrieval by inner product. A score is a sum in float64, in eight interleaved parts,
 * rounded once to float32, the same in engine/retrieval/top-n.ts; ties go to the lower row.
 */
class TrackIndex {
 public:
  /**
   * @param Y     [tracks × k], which must outlive the index.
   * @param usual listeners [count × k] like those for whom tracks will be sought, or none: see turn.h.
   */
  TrackIndex(const InstructionSet&, const Retrieval&, const float* Y, int64_t tracks, int k, const float* usual, int64_t count,
             int threads);

  /** The first row whose norm is not finite or above 10¹⁸, where bounds would overflow; or −1. */
  int64_t brokenTrack() const { return brokenTrack_; }

  /** Memory; Y is not among it. */
  int64_t bytes() const { return tracks_ * (width_ + 8 * static_cast<int64_t>(sizeof(float))); }

  /** The n best tracks of listeners X [count × k]. Returns the first listener whose norm is not fine, or −1. */
  int64_t topN(const float* X, int64_t count, int n, const Exclusions&, const TopLists&, int threads, const Control&) const;

 private:
  struct Seeker;
  class Search;

  /** Gives every track its place. @param reaches ‖y‖ in the coordinates of the filter, or a little more [tracks]. */
  void arrange(const std::vector<double>& reaches);
  /** Writes what the filter reads. @param norms ‖y‖ in those of Y [tracks]. */
  void fill(const std::vector<double>& norms, int threads);
  /** Rows in the coordinates of the filter [count × width]; they may be off by the errors below, times their norms. */
  void turnTracks(const float* rows, int64_t count, float* turned) const;
  void turnListeners(const float* rows, int64_t count, float* turned) const;
  void turn(const Packed* by, const float* rows, int64_t count, float* turned) const;
  double trackError() const { return turn_ ? turn_->trackError : 0; }
  double listenerError() const { return turn_ ? turn_->listenerError : 0; }

  const InstructionSet& set_;
  const Retrieval& retrieval_;
  const float* const Y_;
  const int64_t tracks_, panels_;
  const int k_, width_;
  int head_;
  std::unique_ptr<const Turn> turn_;  // or none
  int64_t brokenTrack_ = -1;
  double largestNorm_ = 0;
  Buffer<uint32_t> rowAt_;  // by place: strides by norm descending, row ascending, each dealt to its panels
  Buffer<uint32_t> placeOf_;
  Buffer<int8_t> rounded_;
  Buffer<int32_t> headOffset_, tailOffset_;
  Buffer<float> scale_, norm_, tailNorm_, error_;
};
