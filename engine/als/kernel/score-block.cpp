#include "score-block.h"

#include <cstring>

#include "packed.h"

namespace {

constexpr int64_t kTracks = 256;     // packed together: 128 KB at 128 factors
constexpr int64_t kListeners = 128;  // scored against them before they are written out

}  // namespace

void scoreBlock(const InstructionSet& set, const float* X, int64_t count, const float* Y, int64_t tracks, int k, float* S,
                int threads, const Control& control) {
  inChunks(tracks, kTracks, threads, control, [&](int64_t first, int64_t last) {
    const int columns = static_cast<int>(last - first);
    const Packed packed(k, columns, [&](int i, int column) { return Y[(first + column) * k + i]; });
    std::vector<float> block(static_cast<size_t>(kListeners) * packed.width);
    for (int64_t from = 0; from < count; from += kListeners) {
      const int64_t n = std::min(kListeners, count - from);
      set.multiply(X + from * k, n, packed.view(), block.data());
      for (int64_t i = 0; i < n; i++)
        std::memcpy(S + (from + i) * tracks + first, &block[static_cast<size_t>(i) * packed.width], columns * sizeof(float));
    }
    control.advance(last - first);
  });
}
