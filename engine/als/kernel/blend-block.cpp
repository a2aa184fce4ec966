#include "blend-block.h"

#include <memory>
#include <vector>

namespace {

/** The tracks of at least some evidence. */
struct Known {
  std::vector<uint32_t> rows, rank;
  Known(const TrackTrust& all, int evidence) : rank(static_cast<size_t>(all.tracks) + 1) {
    for (int64_t t = 0; t < all.tracks; t++) {
      if (all.evidence[t] >= evidence) rows.push_back(static_cast<uint32_t>(t));
      rank[t + 1] = static_cast<uint32_t>(rows.size());
    }
  }
  int64_t unheard(const uint32_t* heard, int64_t heardCount) const {
    int64_t count = static_cast<int64_t>(rows.size());
    for (int64_t h = 0; h < heardCount; h++) count -= rank[heard[h] + 1] - rank[heard[h]];
    return count;
  }
  KnownTracks view() const { return {rows.data(), rank.data()}; }
};

constexpr int64_t kListeners = 4;  // taken at once

}  // namespace

void blendBlock(const Blending& set, TrackTrust all, const float* trusts, int64_t fewest, int64_t count, int n,
                const uint32_t* heardStarts, const uint32_t* heard, float* C, const float* A, const TopLists& lists, int threads,
                const Control& control) {
  std::vector<Known> known;
  for (int evidence = kMostEvidence; evidence >= 0; evidence--) known.emplace_back(all, evidence);
  inChunks(count, kListeners, threads, control, [&](int64_t first, int64_t last) {
    const auto scratch = std::make_unique<BlendScratch>();
    for (int64_t i = first; i < last; i++) {
      const uint32_t* own = heard + heardStarts[i];
      const int64_t length = heardStarts[i + 1] - heardStarts[i];
      size_t level = 0;
      while (level + 1 < known.size() && known[level].unheard(own, length) < fewest) level++;
      TrackTrust trust = all;
      if (trusts) trust.trust = trusts + i * all.tracks;
      float* scores = C + i * all.tracks;
      set.blend(trust, known[level].view(), own, length, scores, A + i * all.tracks, *scratch);
      lists.lengths[i] = static_cast<uint32_t>(set.best(scores, all.tracks, n, lists.rows + i * n, lists.scores + i * n));
    }
    control.advance(last - first);
  });
}
