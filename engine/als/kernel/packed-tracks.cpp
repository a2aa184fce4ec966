#include "packed-tracks.h"

namespace {

constexpr int64_t kTracks = 512;     // packed together: 256 KB at 128 factors, which a core keeps at hand
constexpr int64_t kListeners = 128;  // scored against them in one go

}  // namespace

PackedTracks::PackedTracks(const InstructionSet& set, const float* Y, int64_t tracks, int k, int threads)
    : set_(set), tracks_(tracks), k_(k), packed_((tracks + kTracks - 1) / kTracks) {
  inChunks(tracks, kTracks, threads, {}, [&](int64_t first, int64_t last) {
    packed_[first / kTracks] =
        Packed(k, static_cast<int>(last - first), [&](int i, int column) { return Y[(first + column) * k + i]; });
  });
}

void PackedTracks::score(const float* X, int64_t count, float* S, int threads, const Control& control) const {
  inChunks(tracks_, kTracks, threads, control, [&](int64_t first, int64_t last) {
    const PackedMatrix some = packed_[first / kTracks].view();
    for (int64_t from = 0; from < count; from += kListeners)
      set_.multiply(X + from * k_, std::min(kListeners, count - from), some,
                    {S + from * tracks_ + first, tracks_, static_cast<int>(last - first)});
    control.advance(last - first);
  });
}

int64_t PackedTracks::bytes() const {
  int64_t sum = 0;
  for (const Packed& packed : packed_) sum += static_cast<int64_t>(packed.panels.size() * sizeof(float));
  return sum;
}
