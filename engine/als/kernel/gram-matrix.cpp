#include "gram-matrix.h"

#include <cstring>

#include "packed.h"
#include "threads.h"

namespace {

constexpr int64_t kParts = 64;  // the matrix is a sum of so many, whatever the number of threads
constexpr int64_t kRows = 512;  // float32 sums run over so many rows, float64 beyond

}  // namespace

void gramMatrix(const InstructionSet& set, const float* rows, int64_t count, int k, int threads, double* G) {
  const int K = padded(k);
  const int64_t part = std::max<int64_t>(1, (count + kParts - 1) / kParts);
  const int64_t parts = (count + part - 1) / part;
  std::vector<double> sums(static_cast<size_t>(parts) * K * K, 0.0);
  inChunks(count, part, threads, {}, [&](int64_t first, int64_t last) {
    std::vector<float> partial(static_cast<size_t>(K) * K), block(static_cast<size_t>(kRows) * K);
    double* sum = &sums[static_cast<size_t>(first / part) * K * K];
    for (int64_t from = first; from < last; from += kRows) {
      const int64_t n = std::min(kRows, last - from);
      const float* y = rows + from * k;
      if (K != k) {
        for (int64_t row = 0; row < n; row++) std::memcpy(&block[row * K], y + row * k, k * sizeof(float));
        y = block.data();
      }
      std::fill(partial.begin(), partial.end(), 0.0f);
      set.addOuter(y, y, n, K, partial.data());
      for (size_t i = 0; i < partial.size(); i++) sum[i] += partial[i];
    }
  });
  for (int i = 0; i < k; i++)
    for (int j = i; j < k; j++) {
      double s = 0;
      for (int64_t p = 0; p < parts; p++) s += sums[(static_cast<size_t>(p) * K + i) * K + j];
      G[i * k + j] = G[j * k + i] = s;
    }
}
