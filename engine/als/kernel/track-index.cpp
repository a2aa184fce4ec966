#include "track-index.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "rising-bar.h"

namespace {

constexpr int kLanes = 16;
constexpr int64_t kListeners = 512;       // sought for together at most: a stride of panels serves them all from cache
constexpr int64_t kFewestListeners = 64;  // and at least, however many threads there are
constexpr int64_t kBlocks = 16;           // for each thread, so that the last ones end at about the same time
constexpr int kStride = 16;               // panels between two looks at the bars; the first of each belongs to the sample
constexpr size_t kRoom = 4;               // times n: so many found tracks are kept
constexpr int64_t kChunk = 256;           // tracks made ready together
constexpr double kLargestNorm = 1e18;     // beyond it bounds could overflow
constexpr float kNone = -std::numeric_limits<float>::infinity();
constexpr float kTiny = 1e-36f;           // what scores smaller than float32 can hold may be off by
constexpr float kSmallest = 1e-30f;       // below it products in float32 could lose digits
constexpr double kNormal = 0x1p-126;      // the smallest number that float32 holds with all its digits

/** Σ f(i) over i < k, in eight chains that do not wait for each other. */
template <class Term> double sumOf(int k, Term f) {
  double s[8] = {};
  int i = 0;
  for (; i + 8 <= k; i += 8)
    for (int lane = 0; lane < 8; lane++) s[lane] += f(i + lane);
  for (; i < k; i++) s[i % 8] += f(i);
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

double normOf(const float* y, int k) {
  return std::sqrt(sumOf(k, [=](int i) { return static_cast<double>(y[i]) * y[i]; }));
}

struct Rounding { float scale, norm, tailNorm, error; };

/**
 * q = x [k] over scale = max |xᵢ| / reach in whole numbers, with what rounding took, in float64 from the float32 scale. x itself
 * may be off by `before`. Where products in float32 could lose digits, all is taken by rounding.
 */
Rounding roundTo(int reach, const float* x, int k, int head, double before, int32_t* q) {
  float most = 0;
  for (int i = 0; i < k; i++) most = std::fabs(x[i]) > most ? std::fabs(x[i]) : most;
  const float scale = most < kSmallest ? kSmallest : most / static_cast<float>(reach);
  const float inverse = 1 / scale;
  for (int i = 0; i < k; i++) q[i] = static_cast<int32_t>(x[i] * inverse + std::copysign(0.5f, x[i]));
  const double error = std::sqrt(sumOf(k, [=](int i) {
    const double e = x[i] - static_cast<double>(scale) * q[i];
    return e * e;
  }));
  before += kNormal;  // a subnormal number would lose digits on its way to float32
  return {scale, static_cast<float>(normOf(x, k) + before), static_cast<float>(normOf(x + head, k - head) + before),
          static_cast<float>(error + before)};
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

TrackIndex::TrackIndex(const InstructionSet& set, const Retrieval& retrieval, const float* Y, int64_t tracks, int k,
                       const float* usual, int64_t count, int threads)
    : set_(set), retrieval_(retrieval), Y_(Y), tracks_(tracks), panels_((tracks + kLanes - 1) / kLanes), k_(k),
      width_((k + kGroup - 1) / kGroup * kGroup), head_(width_) {
  std::vector<double> norms(tracks), reaches(tracks);
  inChunks(tracks, kChunk, threads, {}, [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; row++) norms[row] = normOf(Y + row * k, k);
  });
  for (int64_t row = 0; row < tracks && brokenTrack_ < 0; row++)
    if (!(norms[row] <= kLargestNorm)) brokenTrack_ = row;
  if (brokenTrack_ >= 0) return;
  for (const double norm : norms) largestNorm_ = std::max(largestNorm_, norm);
  turn_ = turnFor(set, usual, count, k, threads);
  if (turn_) head_ = width_ / 2 / kGroup * kGroup;
  inChunks(tracks, kChunk, threads, {}, [&](int64_t first, int64_t last) {
    std::vector<float> turned(static_cast<size_t>(last - first) * width_);
    turnTracks(Y + first * k, last - first, turned.data());
    for (int64_t row = first; row < last; row++)
      reaches[row] = normOf(&turned[(row - first) * width_], width_) + trackError() * norms[row];
  });
  arrange(reaches);
  fill(norms, threads);
}

void TrackIndex::arrange(const std::vector<double>& reaches) {
  const int64_t places = panels_ * kLanes;
  rowAt_ = buffer<uint32_t>(places);
  std::iota(rowAt_.get(), rowAt_.get() + places, 0u);
  std::sort(rowAt_.get(), rowAt_.get() + tracks_, [&](uint32_t a, uint32_t b) {
    return reaches[a] > reaches[b] || (reaches[a] == reaches[b] && a < b);
  });
  // Dealt out within every stride: each of its panels is a fair sample of it.
  constexpr int64_t kDealt = kStride * kLanes;
  for (int64_t first = 0; first + kDealt <= tracks_; first += kDealt) {
    uint32_t sorted[kDealt];
    std::copy_n(&rowAt_[first], kDealt, sorted);
    for (int64_t i = 0; i < kDealt; i++) rowAt_[first + i % kStride * kLanes + i / kStride] = sorted[i];
  }
  placeOf_ = buffer<uint32_t>(tracks_);
  for (int64_t place = 0; place < tracks_; place++) placeOf_[rowAt_[place]] = static_cast<uint32_t>(place);
}

void TrackIndex::fill(const std::vector<double>& norms, int threads) {
  const int64_t places = panels_ * kLanes;
  rounded_ = buffer<int8_t>(places * width_);
  headOffset_ = buffer<int32_t>(places), tailOffset_ = buffer<int32_t>(places);
  scale_ = buffer<float>(places), error_ = buffer<float>(places);
  norm_ = buffer<float>(places), tailNorm_ = buffer<float>(places);
  inChunks(panels_, kChunk / kLanes, threads, {}, [&](int64_t first, int64_t last) {
    const int64_t from = first * kLanes, to = last * kLanes;
    std::vector<float> rows(static_cast<size_t>(to - from) * k_, 0.0f), turned(static_cast<size_t>(to - from) * width_);
    for (int64_t place = from; place < std::min(to, tracks_); place++)
      std::copy_n(Y_ + static_cast<int64_t>(rowAt_[place]) * k_, k_, &rows[(place - from) * k_]);
    turnTracks(rows.data(), to - from, turned.data());
    std::vector<int32_t> q(width_);
    for (int64_t place = from; place < to; place++) {
      const double before = place < tracks_ ? trackError() * norms[rowAt_[place]] : 0;
      const Rounding rounding = roundTo(kTrackReach, &turned[(place - from) * width_], width_, head_, before, q.data());
      int8_t* lane = rounded_.get() + place / kLanes * kLanes * width_ + place % kLanes * 4;
      for (int i = 0; i < width_; i += 4) {
        const int8_t four[4] = {static_cast<int8_t>(q[i]), static_cast<int8_t>(q[i + 1]), static_cast<int8_t>(q[i + 2]),
                                static_cast<int8_t>(q[i + 3])};
        std::memcpy(lane + i * kLanes, four, 4);
      }
      headOffset_[place] = -kListenerReach * std::accumulate(q.begin(), q.begin() + head_, 0);
      tailOffset_[place] = -kListenerReach * std::accumulate(q.begin() + head_, q.end(), 0);
      scale_[place] = rounding.scale, norm_[place] = rounding.norm, tailNorm_[place] = rounding.tailNorm;
      error_[place] = rounding.error;
    }
  });
}

void TrackIndex::turnTracks(const float* rows, int64_t count, float* turned) const {
  turn(turn_ ? &turn_->tracks : nullptr, rows, count, turned);
}

void TrackIndex::turnListeners(const float* rows, int64_t count, float* turned) const {
  turn(turn_ ? &turn_->listeners : nullptr, rows, count, turned);
}

void TrackIndex::turn(const Packed* by, const float* rows, int64_t count, float* turned) const {
  if (by) return set_.multiply(rows, count, by->view(), {turned, width_, width_});
  for (int64_t row = 0; row < count; row++)
    std::fill(std::copy_n(rows + row * k_, k_, turned + row * width_), turned + (row + 1) * width_, 0.0f);
}

/** A listener for whom tracks are sought, and what is found. */
struct TrackIndex::Seeker {
  const float* x;
  Query query;             // to begin with
  float scale;             // sₓ
  float largest;           // no score is larger; where it is 0 all scores are, and there is nothing to seek
  const uint32_t* heard;   // places, ascending
  const uint32_t* endHeard;
  const uint32_t* nextHeard;
  RisingBar scores;        // of the tracks found
  float scoreToReach;      // the bar, as a score
  float trusted;           // what of it no n tracks are known to reach
  std::vector<uint64_t> found;  // keys

  float bar() const { return (scoreToReach - kTiny) / scale; }

  /** Goes through the panels from the first on, raising the bar to what n tracks reach. */
  void begin(uint32_t n) {
    scores = RisingBar(trusted, largest, n);
    for (const uint64_t key : found) scores.add(scoreOf(key));
    nextHeard = heard;
  }

  void forget() {
    found.clear();
    scoreToReach = trusted = kNone;
  }
};

/** A block of listeners on their way through the panels. */
class TrackIndex::Search {
 public:
  Search(const TrackIndex& index, const float* X, int64_t first, int64_t last, int n, const Exclusions& exclusions)
      : index_(index), n_(n), exclusions_(exclusions), first_(first), passed_((last - first) * kStride * kLanes),
        rounded_((last - first) * index.width_, uint8_t{kListenerReach}), heard_(heardBefore(last) - heardBefore(first)) {
    seekers_.reserve(last - first);
    std::vector<float> turned(static_cast<size_t>(last - first) * index.width_);
    index.turnListeners(X + first * index.k_, last - first, turned.data());
    for (int64_t listener = first; listener < last; listener++)
      add(listener, X + listener * index.k_, &turned[(listener - first) * index.width_]);
  }

  int64_t brokenListener() const { return brokenListener_; }

  /**
   * A sample of the panels tells how high the bar may be, which spares most tracks a second look. That it is not too high, n
   * tracks reaching it, is seen in the end; else all is done again without.
   */
  void run() {
    std::vector<Seeker*> seekers;
    for (Seeker& seeker : seekers_)
      if (seeker.largest > 0) seekers.push_back(&seeker);
    for (Seeker* seeker : seekers) seeker->begin(sampleOf(n_));
    seek(seekers, 0, 1);
    for (Seeker* seeker : seekers) {
      seeker->trusted = seeker->scoreToReach;
      seeker->begin(n_);
    }
    seek(seekers, 1, kStride);
    const auto isDone = [&](Seeker* seeker) {
      return orderBest(*seeker) == n_ ? scoreOf(seeker->found[n_ - 1]) >= seeker->trusted : seeker->trusted == kNone;
    };
    seekers.erase(std::remove_if(seekers.begin(), seekers.end(), isDone), seekers.end());
    for (Seeker* seeker : seekers) {
      seeker->forget();
      seeker->begin(n_);
    }
    seek(seekers, 0, kStride);
  }

  void write(int64_t listener, const TopLists& lists) {
    Seeker& seeker = seekers_[listener - first_];
    if (!(seeker.largest > 0)) listFirst(seeker, listener);
    const int length = orderBest(seeker);
    std::sort(seeker.found.begin(), seeker.found.begin() + length, std::greater<uint64_t>());
    lists.lengths[listener] = static_cast<uint32_t>(length);
    for (int place = 0; place < length; place++) {
      lists.rows[listener * n_ + place] = rowOf(seeker.found[place]);
      lists.scores[listener * n_ + place] = scoreOf(seeker.found[place]);
    }
  }

 private:
  int64_t heardBefore(int64_t listener) const { return exclusions_.heardStarts ? exclusions_.heardStarts[listener] : 0; }

  /** So many tracks of a sample are as good as the n best of all; rather more, for a sample may have more than its share. */
  static uint32_t sampleOf(int n) {
    const double share = static_cast<double>(n) / kStride;
    return static_cast<uint32_t>(std::ceil(share + 2 * std::sqrt(share)));
  }

  void add(int64_t listener, const float* x, const float* turned) {
    const double norm = normOf(x, index_.k_);
    const bool isFine = norm <= kLargestNorm;
    if (!isFine && brokenListener_ < 0) brokenListener_ = listener;
    const double before = isFine ? index_.listenerError() * norm : 0;
    const int width = isFine ? index_.width_ : 0;
    const int head = isFine ? index_.head_ : 0;
    q_.resize(width);
    const Rounding rounding = roundTo(kListenerReach, turned, width, head, before, q_.data());
    uint8_t* const q = &rounded_[(listener - first_) * index_.width_];
    for (int i = 0; i < width; i++) q[i] = static_cast<uint8_t>(q_[i] + kListenerReach);
    const int square = std::inner_product(q_.begin(), q_.end(), q_.begin(), 0);
    // Every operation in float32 may be off by a half place of what is at most 2‖x‖‖y‖: sixteen of them.
    const float error = (rounding.error + 0x1p-19f * rounding.norm) / rounding.scale;
    const float length = (1 + 0x1p-20f) * rounding.norm / rounding.scale;
    const Query query = {q, std::sqrt(static_cast<float>(square)), length, rounding.tailNorm / rounding.scale, error, kNone,
                         static_cast<int>(listener - first_), 0, &passed_[(listener - first_) * kStride * kLanes]};
    const bool isZero = !isFine || norm == 0 || index_.largestNorm_ == 0;
    const float largest = isZero ? 0 : std::max(static_cast<float>(norm * index_.largestNorm_), kTiny);
    uint32_t* const heard = heard_.data() + (heardBefore(listener) - heardBefore(first_));
    uint32_t* end = heard;
    if (largest > 0) {
      for (int64_t h = heardBefore(listener); h < heardBefore(listener + 1); h++) *end++ = index_.placeOf_[exclusions_.heard[h]];
      std::sort(heard, end);
    }
    const RisingBar scores(kNone, largest, static_cast<uint32_t>(n_));
    seekers_.push_back({x, query, rounding.scale, largest, heard, end, heard, scores, kNone, kNone, {}});
  }

  /** Takes what passes the filter of panels first … last − 1 of every stride. */
  void seek(const std::vector<Seeker*>& seekers, int64_t first, int64_t last) {
    const TrackPanels tracks = {index_.width_,           index_.head_,        index_.rounded_.get(), index_.headOffset_.get(),
                                index_.tailOffset_.get(), index_.scale_.get(), index_.norm_.get(),   index_.tailNorm_.get(),
                                index_.error_.get()};
    active_.clear();
    for (const Seeker* seeker : seekers) {
      active_.push_back(seeker->query);
      active_.back().bar = seeker->bar();
    }
    for (int64_t stride = 0; stride + first < index_.panels_ && !active_.empty(); stride += kStride) {
      const float largest = index_.norm_[stride * kLanes];
      const auto canFindNone = [&](const Query& query) { return query.length * largest < query.bar; };
      active_.erase(std::remove_if(active_.begin(), active_.end(), canFindNone), active_.end());
      const int64_t end = std::min(index_.panels_, stride + last);
      index_.retrieval_.filter(tracks, stride + first, end, active_.data(), static_cast<int>(active_.size()));
      for (Query& query : active_)
        if (query.count > 0) take(query);
    }
  }

  /** Scores the tracks that passed and keeps those that reach the bar. In one stride most listeners find them in cache. */
  void take(Query& query) {
    Seeker& seeker = seekers_[query.listener];
    int count = 0;
    for (int i = 0; i < query.count; i++) {
      const uint32_t place = query.passed[i];
      if (place >= index_.tracks_) continue;  // behind the last track
      while (seeker.nextHeard < seeker.endHeard && *seeker.nextHeard < place) seeker.nextHeard++;
      if (seeker.nextHeard < seeker.endHeard && *seeker.nextHeard == place) continue;
      const uint32_t row = index_.rowAt_[place];
      if (exclusions_.allow && !exclusions_.allow[row]) continue;
      fetch(row);
      query.passed[count++] = row;
    }
    float scores[kStride * kLanes];
    index_.retrieval_.score(seeker.x, index_.Y_, index_.k_, query.passed, count, scores);
    for (int i = 0; i < count; i++) {
      if (scores[i] < seeker.scoreToReach) continue;
      seeker.scores.add(scores[i]);
      seeker.found.push_back(keyOf(scores[i], query.passed[i]));
    }
    seeker.scoreToReach = std::max(seeker.scoreToReach, seeker.scores.value());
    if (seeker.found.size() > kRoom * static_cast<size_t>(n_)) {  // many scores are close, or negative
      orderBest(seeker);
      seeker.found.resize(n_);
      seeker.scoreToReach = std::max(seeker.scoreToReach, scoreOf(seeker.found[n_ - 1]));
    }
    query.bar = seeker.bar();
    query.count = 0;
  }

  void fetch(uint32_t row) const {
    const char* y = reinterpret_cast<const char*>(index_.Y_ + static_cast<int64_t>(row) * index_.k_);
    for (int byte = 0; byte < 4 * index_.k_; byte += 64) __builtin_prefetch(y + byte);
  }

  /** Leaves the best in front, at most n, the least of them last. Returns how many. */
  int orderBest(Seeker& seeker) const {
    auto& found = seeker.found;
    if (found.size() < static_cast<size_t>(n_)) return static_cast<int>(found.size());
    std::nth_element(found.begin(), found.begin() + (n_ - 1), found.end(), std::greater<uint64_t>());
    return n_;
  }

  /** The first tracks, all of score 0. */
  void listFirst(Seeker& seeker, int64_t listener) {
    int64_t next = heardBefore(listener);
    for (uint32_t row = 0; row < index_.tracks_ && seeker.found.size() < static_cast<size_t>(n_); row++) {
      while (next < heardBefore(listener + 1) && exclusions_.heard[next] < row) next++;
      const bool isHeard = next < heardBefore(listener + 1) && exclusions_.heard[next] == row;
      if (!isHeard && (!exclusions_.allow || exclusions_.allow[row])) seeker.found.push_back(keyOf(0, row));
    }
  }

  const TrackIndex& index_;
  const int n_;
  const Exclusions& exclusions_;
  const int64_t first_;
  std::vector<uint32_t> passed_;
  std::vector<uint8_t> rounded_;
  std::vector<int32_t> q_;  // of the listener who is added
  std::vector<uint32_t> heard_;
  std::vector<Seeker> seekers_;
  std::vector<Query> active_;  // who could still find a track
  int64_t brokenListener_ = -1;
};

int64_t TrackIndex::topN(const float* X, int64_t count, int n, const Exclusions& exclusions, const TopLists& lists,
                         int threads, const Control& control) const {
  // Lists are exact, therefore the same in blocks of any size.
  const int64_t share = count / (kBlocks * threads);
  const int64_t block = std::min(kListeners, std::max(kFewestListeners, share));
  std::vector<int64_t> broken((count + block - 1) / block, -1);
  inChunks(count, block, threads, control, [&](int64_t first, int64_t last) {
    Search search(*this, X, first, last, n, exclusions);
    broken[first / block] = search.brokenListener();
    if (search.brokenListener() >= 0) return;
    search.run();
    for (int64_t i = first; i < last; i++) search.write(i, lists);
    control.advance(last - first);
  });
  for (const int64_t listener : broken)
    if (listener >= 0) return listener;
  return -1;
}
