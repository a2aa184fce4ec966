#include "track-index.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace {

constexpr int kLanes = 16;
constexpr int64_t kListeners = 384;        // filtered together: a chunk of panels serves them all from cache
constexpr int64_t kPanelBytes = 1 << 17;  // size of such a chunk
constexpr double kLargestNorm = 1e18;

double normOf(const float* y, int k) {
  double s = 0;
  for (int i = 0; i < k; i++) s += static_cast<double>(y[i]) * y[i];
  return std::sqrt(s);
}

/** Puts x [k] over the scale s = ‖x‖/kRoundedNorm in whole numbers; returns s, 0 for zeros. */
template <class Put> float roundTo(const float* x, int k, double norm, Put put) {
  const float scale = static_cast<float>(norm / kRoundedNorm);
  for (int i = 0; i < k; i++) put(i, static_cast<int16_t>(scale > 0 ? std::lrint(x[i] / static_cast<double>(scale)) : 0));
  return scale;
}

/** (score descending, row ascending) as one number that sorts descending; −0 counts as 0. */
uint64_t keyOf(float score, uint32_t row) {
  uint32_t bits;
  score += 0.0f;
  std::memcpy(&bits, &score, 4);
  bits = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return static_cast<uint64_t>(bits) << 32 | (0xffffffffu - row);
}
uint32_t rowOf(uint64_t key) { return 0xffffffffu - static_cast<uint32_t>(key); }
float scoreOf(uint64_t key) {
  uint32_t bits = static_cast<uint32_t>(key >> 32);
  bits = bits & 0x80000000u ? bits & 0x7fffffffu : ~bits;
  float score;
  std::memcpy(&score, &bits, 4);
  return score;
}

}  // namespace

TrackIndex::TrackIndex(const Retrieval& retrieval, const float* Y, int64_t tracks, int k, int threads)
    : retrieval_(retrieval), Y_(Y), tracks_(tracks), panels_((tracks + kLanes - 1) / kLanes), k_(k), width_((k + 1) / 2 * 2) {
  std::vector<double> norms(tracks);
  inChunks(tracks, 4096, threads, {}, [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; row++) norms[row] = normOf(Y + row * k, k);
  });
  for (int64_t row = 0; row < tracks && brokenTrack_ < 0; row++)
    if (!(norms[row] <= kLargestNorm)) brokenTrack_ = row;
  if (brokenTrack_ >= 0) return;
  const int64_t places = panels_ * kLanes;
  rowAt_ = buffer<uint32_t>(places);
  std::iota(rowAt_.get(), rowAt_.get() + places, 0u);
  std::sort(rowAt_.get(), rowAt_.get() + tracks, [&](uint32_t a, uint32_t b) {
    return norms[a] > norms[b] || (norms[a] == norms[b] && a < b);
  });
  rounded_ = buffer<int16_t>(places * width_);
  inverse_ = buffer<float>(places);
  inChunks(panels_, 64, threads, {}, [&](int64_t first, int64_t last) {
    std::fill(rounded_.get() + first * kLanes * width_, rounded_.get() + last * kLanes * width_, int16_t{0});
    for (int64_t place = first * kLanes; place < last * kLanes; place++) {
      const bool isTrack = place < tracks;
      const float* y = isTrack ? Y + static_cast<int64_t>(rowAt_[place]) * k : nullptr;
      int16_t* panel = rounded_.get() + place / kLanes * kLanes * width_;
      const int64_t lane = place % kLanes;
      const float scale = roundTo(y, isTrack ? k : 0, isTrack ? norms[rowAt_[place]] : 0, [&](int i, int16_t q) {
        panel[(i / 2 * kLanes + lane) * 2 + i % 2] = q;
      });
      inverse_[place] = std::min(1 / scale, std::numeric_limits<float>::max());  // finite for zeros, too
    }
  });
}

/** One block of listeners on its way through the panels. */
class TrackIndex::Search {
 public:
  Search(const TrackIndex& index, const float* X, int count, int n, const Exclusions& exclusions, int64_t firstListener)
      : index_(index), X_(X), n_(n), exclusions_(exclusions), firstListener_(firstListener), capacity_(std::max(256, 5 * n / 2) + kLanes),
        candidates_(buffer<Candidate>(static_cast<int64_t>(count) * capacity_)), passed_(count),
        bar_(count, -std::numeric_limits<float>::infinity()), scaledBar_(bar_), scale_(count),
        rounded_(static_cast<size_t>(count) * index.width_), isHeard_((index.tracks_ + 63) / 64) {
    for (int i = 0; i < count; i++) {
      passed_[i] = {candidates_.get() + static_cast<int64_t>(i) * capacity_, 0, capacity_, 0};
      const double norm = normOf(factorOf(i), index.k_);
      if (!(norm <= kLargestNorm)) {
        if (brokenListener_ < 0) brokenListener_ = firstListener + i;
        continue;
      }
      int16_t* q = &rounded_[static_cast<size_t>(i) * index.width_];
      scale_[i] = roundTo(factorOf(i), index.k_, norm, [&](int j, int16_t value) { q[j] = value; });
      // Every score is 0: nothing to search for.
      if (scale_[i] == 0) scaledBar_[i] = std::numeric_limits<float>::infinity();
    }
  }

  int64_t brokenListener() const { return brokenListener_; }

  void run(const TrackPanels& tracks) {
    // The proven bound, and for conversions and products in float32 eight half places of the largest product.
    const double bound = kRoundedNorm * std::sqrt(index_.k_) + index_.k_ / 4.0;
    const float error = static_cast<float>(1.001 * bound + 8 * 0x1p-24 * kRoundedNorm * kRoundedNorm);
    const Queries queries = {static_cast<int>(passed_.size()), rounded_.data(), scale_.data(), scaledBar_.data(), error,
                             passed_.data(),
                             [](void* search, int listener) { static_cast<Search*>(search)->makeRoom(listener); }, this};
    const int64_t chunk = std::max<int64_t>(1, kPanelBytes / (2 * kLanes * index_.width_));
    for (int64_t panel = 0; panel < index_.panels_; panel += chunk)
      index_.retrieval_.filter(tracks, panel, std::min(index_.panels_, panel + chunk), queries);
  }

  void write(int i, const TopLists& lists) {
    if (scale_[i] > 0) dropExcluded(i), scoreExactly(i);
    else listFirst(i);
    const Passed& passed = passed_[i];
    keys_.clear();
    for (int c = 0; c < passed.count; c++) keys_.push_back(keyOf(passed.candidates[c].lower, rowOf(passed.candidates[c])));
    std::sort(keys_.begin(), keys_.end(), std::greater<uint64_t>());
    const int64_t listener = firstListener_ + i;
    lists.lengths[listener] = static_cast<uint32_t>(keys_.size());
    for (size_t place = 0; place < keys_.size(); place++) {
      lists.rows[listener * n_ + static_cast<int64_t>(place)] = ::rowOf(keys_[place]);
      lists.scores[listener * n_ + static_cast<int64_t>(place)] = scoreOf(keys_[place]);
    }
  }

 private:
  const float* factorOf(int i) const { return X_ + static_cast<int64_t>(i) * index_.k_; }
  uint32_t rowOf(const Candidate& candidate) const { return index_.rowAt_[candidate.place]; }

  void raiseBar(int i, float score) {
    bar_[i] = std::max(bar_[i], score);
    scaledBar_[i] = (bar_[i] - kTiny) / scale_[i];
  }

  /** Raises the bar to the n-th best lower bound and drops who cannot reach it; scores exactly where that is not enough. */
  void makeRoom(int i) {
    Passed& passed = passed_[i];
    dropExcluded(i);
    if (passed.count <= n_) return;
    lowers_.resize(passed.count);
    for (int c = 0; c < passed.count; c++) lowers_[c] = passed.candidates[c].lower;
    std::nth_element(lowers_.begin(), lowers_.begin() + (n_ - 1), lowers_.end(), std::greater<float>());
    raiseBar(i, lowers_[n_ - 1]);
    keep(passed, 0, [&](const Candidate& candidate) { return candidate.upper >= bar_[i]; });
    if (passed.count > capacity_ / 2) scoreExactly(i);
  }

  /** Replaces bounds by scores and keeps the n best: of tracks that are known exactly no others can be listed. */
  void scoreExactly(int i) {
    Passed& passed = passed_[i];
    Candidate* const candidates = passed.candidates;
    if (passed.count > n_) {  // the scores of the most promising raise the bar for the others
      std::nth_element(candidates, candidates + n_, candidates + passed.count,
                       [](const Candidate& a, const Candidate& b) { return a.upper > b.upper; });
      raiseBar(i, scoreFrom(i, 0, n_));
      keep(passed, n_, [&](const Candidate& candidate) { return candidate.upper >= bar_[i]; });
      scoreFrom(i, n_, passed.count);
    } else {
      scoreFrom(i, 0, passed.count);
    }
    if (passed.count < n_) return;
    keys_.resize(passed.count);
    for (int c = 0; c < passed.count; c++) keys_[c] = keyOf(passed.candidates[c].lower, rowOf(passed.candidates[c]));
    std::nth_element(keys_.begin(), keys_.begin() + (n_ - 1), keys_.end(), std::greater<uint64_t>());
    const uint64_t last = keys_[n_ - 1];
    raiseBar(i, scoreOf(last));
    keep(passed, 0, [&](const Candidate& candidate) { return keyOf(candidate.lower, rowOf(candidate)) >= last; });
  }

  /** Scores candidates first … last − 1 exactly; returns the lowest score. */
  float scoreFrom(int i, int first, int last) {
    Candidate* const candidates = passed_[i].candidates;
    float lowest = std::numeric_limits<float>::infinity();
    for (int c = first; c < std::min(first + 8, last); c++) fetch(rowOf(candidates[c]));
    for (int c = first; c < last; c++) {
      if (c + 8 < last) fetch(rowOf(candidates[c + 8]));
      const float* y = index_.Y_ + static_cast<int64_t>(rowOf(candidates[c])) * index_.k_;
      const float score = index_.retrieval_.exactScore(factorOf(i), y, index_.k_);
      candidates[c].lower = candidates[c].upper = score;
      lowest = std::min(lowest, score);
    }
    return lowest;
  }

  /** Drops tracks that are heard or not allowed, and the empty places of the last panel. */
  void dropExcluded(int i) {
    const uint32_t* starts = exclusions_.heardStarts ? exclusions_.heardStarts + firstListener_ + i : nullptr;
    const auto mark = [&](bool value) {
      if (!starts) return;
      for (uint32_t h = starts[0]; h < starts[1]; h++) {
        const uint32_t row = exclusions_.heard[h];
        if (value) isHeard_[row / 64] |= uint64_t{1} << row % 64;
        else isHeard_[row / 64] = 0;
      }
    };
    mark(true);
    keep(passed_[i], passed_[i].checked, [&](const Candidate& candidate) {
      if (candidate.place >= index_.tracks_) return false;
      const uint32_t row = rowOf(candidate);
      return !(isHeard_[row / 64] >> row % 64 & 1) && (!exclusions_.allow || exclusions_.allow[row]);
    });
    mark(false);
  }

  /** For a listener of whom nothing is known: the first tracks, all of score 0. */
  void listFirst(int i) {
    Passed& passed = passed_[i];
    std::vector<uint32_t> placeOf(index_.tracks_);
    for (uint32_t place = 0; place < index_.tracks_; place++) placeOf[index_.rowAt_[place]] = place;
    for (uint32_t row = 0; row < index_.tracks_ && passed.count < n_; row++) {
      passed.candidates[passed.count++] = {0, 0, placeOf[row]};
      if (passed.count == n_) dropExcluded(i);
    }
    dropExcluded(i);
  }

  /** Keeps the candidates from `first` on for whom the claim holds, and all before; all are checked then. */
  template <class Claim> static void keep(Passed& passed, int first, Claim claim) {
    int kept = first;
    for (int c = first; c < passed.count; c++)
      if (claim(passed.candidates[c])) passed.candidates[kept++] = passed.candidates[c];
    passed.count = passed.checked = kept;
  }

  void fetch(uint32_t row) const {
    const char* y = reinterpret_cast<const char*>(index_.Y_ + static_cast<int64_t>(row) * index_.k_);
    for (int byte = 0; byte < 4 * index_.k_; byte += 64) __builtin_prefetch(y + byte);
  }

  const TrackIndex& index_;
  const float* const X_;
  const int n_;
  const Exclusions& exclusions_;
  const int64_t firstListener_;
  const int capacity_;
  Buffer<Candidate> candidates_;
  std::vector<Passed> passed_;
  std::vector<float> bar_, scaledBar_, scale_;
  std::vector<int16_t> rounded_;
  std::vector<uint64_t> isHeard_;  // one bit a track; all 0 between calls
  std::vector<float> lowers_;      // scratch
  std::vector<uint64_t> keys_;
  int64_t brokenListener_ = -1;
};

int64_t TrackIndex::topN(const float* X, int64_t count, int n, const Exclusions& exclusions, const TopLists& lists,
                         int threads, const Control& control) const {
  const TrackPanels tracks = {width_, rounded_.get(), inverse_.get()};
  std::vector<int64_t> broken((count + kListeners - 1) / kListeners, -1);
  inChunks(count, kListeners, threads, control, [&](int64_t first, int64_t last) {
    Search search(*this, X + first * k_, static_cast<int>(last - first), n, exclusions, first);
    broken[first / kListeners] = search.brokenListener();
    if (search.brokenListener() >= 0) return;
    search.run(tracks);
    for (int64_t i = first; i < last; i++) search.write(static_cast<int>(i - first), lists);
    control.advance(last - first);
  });
  for (const int64_t listener : broken)
    if (listener >= 0) return listener;
  return -1;
}
