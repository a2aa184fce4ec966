// The inner loops of blending, compiled once per instruction set: the compiler makes lanes of those in which no number waits for
// another. Sums run from the first track to the last, so the bits are the same everywhere.
#include "blending.h"

namespace {

struct Range { float least, most; };

/** The least and the most of some numbers, in sixteen parts side by side. */
class Extremes {
 public:
  Extremes() {
    for (int i = 0; i < kParts; i++) least_[i] = kFar, most_[i] = -kFar;
  }
  /** @param at of number i, first ≤ i < last. */
  template <class At> void add(int64_t first, int64_t last, At at) {
    for (; first + kParts <= last; first += kParts)
      for (int i = 0; i < kParts; i++) add(i, at(first + i));
    for (; first < last; first++) add(0, at(first));
  }
  Range range() const {
    Range range{kFar, -kFar};
    for (int i = 0; i < kParts; i++) {
      range.least = least_[i] < range.least ? least_[i] : range.least;
      range.most = most_[i] > range.most ? most_[i] : range.most;
    }
    return range;
  }

 private:
  static constexpr int kParts = 16;
  static constexpr float kFar = 3.4e38f;
  void add(int i, float x) {
    least_[i] = x < least_[i] ? x : least_[i];
    most_[i] = x > most_[i] ? x : most_[i];
  }
  float least_[kParts], most_[kParts];
};

/** each(first, last) over the stretches of 0 … tracks between what was heard. */
template <class Each> inline void unheard(int64_t tracks, const uint32_t* heard, int64_t heardCount, Each each) {
  int64_t first = 0;
  for (int64_t h = 0; h < heardCount; h++) {
    if (heard[h] > first) each(first, static_cast<int64_t>(heard[h]));
    first = static_cast<int64_t>(heard[h]) + 1;
  }
  if (first < tracks) each(first, tracks);
}

/** So many are worked on in lanes before something is done one by one. */
constexpr int kTogether = 64;

/** Equal bins from the least to the most of some scores. */
struct Bins {
  float least, perUnit;
  explicit Bins(Range range) : least(range.least), perUnit(range.most > range.least ? kBins / (range.most - range.least) : 0) {}
  float place(float x) const { return (x - least) * perUnit; }
  /** Counts numbers first … last − 1; the most itself belongs to the last bin. @param at of number i. */
  template <class At> void count(int64_t first, int64_t last, At at, uint32_t* counts) const {
    int32_t bins[kTogether];
    for (; first < last; first += kTogether) {
      const int n = static_cast<int>(last - first < kTogether ? last - first : kTogether);
      for (int i = 0; i < n; i++) {
        const int32_t bin = static_cast<int32_t>(place(at(first + i)));
        bins[i] = bin < kBins ? bin : kBins - 1;
      }
      for (int i = 0; i < n; i++) counts[bins[i]]++;
    }
  }
};

/** The score at `place` of a scale, which goes straight from one edge of a bin to the next. */
inline float onScale(const float* scale, float place) {
  const int bin = static_cast<int>(place);
  return scale[bin] + (place - static_cast<float>(bin)) * (scale[bin + 1] - scale[bin]);
}

/** scale[b] = the quantile of the collaborative scores that edge b of the audio bins is of the audio scores. */
void layScale(const uint32_t* audio, double candidates, const uint32_t* collaborative, double known, Range range, float* scale) {
  const double width = (static_cast<double>(range.most) - static_cast<double>(range.least)) / kBins;
  const double perCandidate = known / candidates;
  double below = 0, passed = 0;  // how many are below this edge; known ones below the bin that is looked at
  int bin = 0;
  for (int edge = 0; edge <= kBins; edge++) {
    const double wanted = below * perCandidate;
    while (bin < kBins - 1 && passed + collaborative[bin] < wanted) passed += collaborative[bin++];
    const double inside = collaborative[bin] > 0 ? (wanted - passed) / collaborative[bin] : 0;
    scale[edge] = static_cast<float>(static_cast<double>(range.least) + width * (bin + (inside < 1 ? inside : 1)));
    if (edge < kBins) below += audio[edge];
  }
  scale[kBins + 1] = scale[kBins];  // read beside the last edge
}

/** @param twice two times the correlation of the scores. */
inline void mix(const float* trust, const float* audio, int count, const Bins& bins, const float* scale, float mean, float twice,
                float* __restrict collaborative) {
  float onOneScale[kTogether];
  for (int i = 0; i < count; i++) onOneScale[i] = onScale(scale, bins.place(audio[i]));
  for (int i = 0; i < count; i++) {
    const float t = trust[i], rest = 1 - t;
    const float spread = __builtin_sqrtf(t * t + rest * rest + twice * (t * rest));
    const float mixed = (t * (collaborative[i] - mean) + rest * (onOneScale[i] - mean)) / spread;
    collaborative[i] = spread > 1e-6f ? mean + mixed : mean;
  }
}

struct Sums { double n = 0, c = 0, a = 0, cc = 0, aa = 0, ca = 0; };

void blend(const TrackTrust& all, const KnownTracks& known, const uint32_t* heard, int64_t heardCount, float* collaborative,
           const float* audio, BlendScratch& scratch) {
  const auto stretches = [&](auto each) { unheard(all.tracks, heard, heardCount, each); };
  const auto knownStretches = [&](auto each) {
    stretches([&](int64_t first, int64_t last) { each(known.rank[first], known.rank[last]); });
  };
  Extremes ofAudio, ofKnown;
  double candidates = 0;
  stretches([&](int64_t first, int64_t last) {
    ofAudio.add(first, last, [audio](int64_t t) { return audio[t]; });
    candidates += static_cast<double>(last - first);
  });
  double knownCount = 0;
  knownStretches([&](int64_t first, int64_t last) {
    ofKnown.add(first, last, [&](int64_t i) { return collaborative[known.rows[i]]; });
    knownCount += static_cast<double>(last - first);
  });
  if (candidates > 0) {
    const Range liked = ofKnown.range();
    const Bins audioBins(ofAudio.range()), knownBins(liked);
    for (int bin = 0; bin < kBins; bin++) scratch.audioCounts[bin] = scratch.collaborativeCounts[bin] = 0;
    stretches([&](int64_t first, int64_t last) {
      audioBins.count(first, last, [&](int64_t t) { return audio[t]; }, scratch.audioCounts);
    });
    knownStretches([&](int64_t first, int64_t last) {
      knownBins.count(first, last, [&](int64_t i) { return collaborative[known.rows[i]]; }, scratch.collaborativeCounts);
    });
    float* scale = scratch.scale;
    layScale(scratch.audioCounts, candidates, scratch.collaborativeCounts, knownCount, liked, scale);
    if (audioBins.perUnit == 0) scale[0] = scale[1] = (liked.least + liked.most) / 2;  // the sound tells nothing
    const int64_t each = static_cast<int64_t>(knownCount - 1) / kAgreementTracks + 1;
    Sums sums;
    int64_t next = 0, passed = 0;  // of the known that were not heard, which is looked at; how many lie before this stretch
    knownStretches([&](int64_t first, int64_t last) {
      for (; next < passed + last - first; next += each) {
        const uint32_t t = known.rows[first + next - passed];
        const double c = static_cast<double>(collaborative[t]);
        const double a = static_cast<double>(onScale(scale, audioBins.place(audio[t])));
        sums.n++, sums.c += c, sums.a += a, sums.cc += c * c, sums.aa += a * a, sums.ca += c * a;
      }
      passed += last - first;
    });
    const double variances = (sums.cc - sums.c * sums.c / sums.n) * (sums.aa - sums.a * sums.a / sums.n);
    double correlation = variances > 0 ? (sums.ca - sums.c * sums.a / sums.n) / __builtin_sqrt(variances) : 1;
    correlation = correlation > 1 ? 1 : correlation < -1 ? -1 : correlation;
    const float mean = static_cast<float>(sums.c / sums.n), twice = static_cast<float>(2 * correlation);
    stretches([&](int64_t first, int64_t last) {
      for (; first < last; first += kTogether)
        mix(all.trust + first, audio + first, static_cast<int>(last - first < kTogether ? last - first : kTogether), audioBins, scale,
            mean, twice, collaborative + first);
    });
  }
  for (int64_t h = 0; h < heardCount; h++) collaborative[heard[h]] = -__builtin_inff();
}

/** Does row a come before row b? */
inline bool isBetter(float scoreA, uint32_t a, float scoreB, uint32_t b) { return scoreA > scoreB || (scoreA == scoreB && a < b); }

/** Restores the heap of `size` rows, the worst on top, below position i. */
void siftDown(uint32_t* rows, float* scores, int size, int i) {
  const uint32_t row = rows[i];
  const float score = scores[i];
  for (;;) {
    int child = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && isBetter(scores[child], rows[child], scores[child + 1], rows[child + 1])) child++;
    if (!isBetter(score, row, scores[child], rows[child])) break;
    rows[i] = rows[child], scores[i] = scores[child];
    i = child;
  }
  rows[i] = row, scores[i] = score;
}

int best(const float* scores, int64_t tracks, int n, uint32_t* rows, float* bestScores) {
  int size = 0;
  int64_t t = 0;
  for (; t < tracks && size < n; t++)
    if (scores[t] > -__builtin_inff()) rows[size] = static_cast<uint32_t>(t), bestScores[size++] = scores[t];
  for (int i = size / 2 - 1; i >= 0; i--) siftDown(rows, bestScores, size, i);
  // As good as the worst is not enough: rows ascend, so this one comes after it. Most stretches hold nothing better.
  constexpr int kStretch = 64;
  while (t < tracks) {
    const float bar = bestScores[0];
    const int64_t end = t + kStretch < tracks ? t + kStretch : tracks;
    int better = 0;
    for (int64_t i = t; i < end; i++) better |= scores[i] > bar;
    for (; better && t < end; t++) {
      if (!(scores[t] > bestScores[0])) continue;
      rows[0] = static_cast<uint32_t>(t), bestScores[0] = scores[t];
      siftDown(rows, bestScores, size, 0);
    }
    t = end;
  }
  // The worst is on top: taking it off again and again leaves the best first.
  for (int end = size - 1; end > 0; end--) {
    const uint32_t row = rows[0];
    const float score = bestScores[0];
    rows[0] = rows[end], bestScores[0] = bestScores[end];
    rows[end] = row, bestScores[end] = score;
    siftDown(rows, bestScores, end, 0);
  }
  return size;
}

}  // namespace

#if defined(KERNEL_AVX512)
extern const Blending avx512Blending = {blend, best};
#elif defined(KERNEL_AVX2)
extern const Blending avx2Blending = {blend, best};
#else
extern const Blending portableBlending = {blend, best};
#endif
