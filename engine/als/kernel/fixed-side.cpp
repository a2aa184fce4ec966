#include "fixed-side.h"

#include <cmath>
#include <cstring>

#include "cholesky.h"

namespace {

constexpr int64_t kRowChunk = 32;  // rows solved together: one matrix product whitens them all
constexpr int64_t kTableChunk = 256;

}  // namespace

FixedSide::FixedSide(const InstructionSet& set, const float* fixed, int64_t others, const double* gram, int k,
                     const Objective& objective, double meanEntries, int threads, const Control& control)
    : set_(set), objective_(objective), others_(others), k_(k), width_(padded(k)),
      meanRidge_(objective.ridge(meanEntries, others)) {
  std::vector<double> L(gram, gram + k * k);
  for (double& value : L) value *= objective.gramWeight();
  for (int i = 0; i < k; i++) L[i * k + i] += meanRidge_;
  brokenPivot_ = factorize(L, k);
  if (brokenPivot_ != 0) return;
  const std::vector<double> inverse = inverted(L, k);
  const Packed toTable(k, k, [&](int i, int j) { return i <= j ? inverse[j * k + i] : 0; });  // y' = yL⁻ᵀ as rows
  toWhite_ = std::make_unique<Packed>(k, k, [&](int i, int j) { return i >= j ? L[i * k + j] : 0; });
  fromWhite_ = std::make_unique<Packed>(width_, k, [&](int i, int j) { return j <= i && i < k ? inverse[i * k + j] : 0; });
  if (!objective.isHkv) {
    W_.assign(static_cast<size_t>(width_) * width_, 0.0f);
    for (int i = 0; i < k; i++)
      for (int j = 0; j < k; j++) {
        double s = 0;
        for (int p = 0; p <= std::min(i, j); p++) s += inverse[i * k + p] * inverse[j * k + p];
        W_[i * width_ + j] = static_cast<float>(s);
      }
  }
  values_ = buffer<int16_t>(others * width_);
  scales_ = buffer<float>(others);
  inChunks(others, kTableChunk, threads, control, [&](int64_t first, int64_t last) {
    std::vector<float> white(static_cast<size_t>(last - first) * width_);
    set_.multiply(fixed + first * k_, last - first, toTable.view(), {white.data(), width_, width_});
    set_.quantize(white.data(), last - first, width_, values_.get() + first * width_, scales_.get() + first);
  });
}

SolveResult FixedSide::solve(const Csr& csr, float* x, int steps, int threads, const Control& control) const {
  const FixedPointTable table = {values_.get(), scales_.get(), width_};
  const int64_t chunks = (csr.rows + kRowChunk - 1) / kRowChunk;
  std::vector<SolveResult> results(chunks);
  inChunks(csr.rows, kRowChunk, threads, control, [&](int64_t first, int64_t last) {
    const Buffer<float> memory = buffer<float>(2 * kRowChunk * width_ + scratchSize(width_));
    float* white = memory.get();
    float* solved = white + kRowChunk * width_;
    float* scratch = solved + kRowChunk * width_;
    SolveResult& result = results[first / kRowChunk];
    const auto check = [&](int64_t row, double value) {
      if (!std::isfinite(value) && result.brokenRow < 0) result.brokenRow = row;
    };
    set_.multiply(x + first * k_, last - first, toWhite_->view(), {white, width_, width_});
    for (int64_t row = first; row < last; row++) {
      const int64_t from = csr.indptr[row], count = csr.indptr[row + 1] - from;
      float* z = white + (row - first) * width_;
      if (count == 0) {
        std::memset(z, 0, width_ * sizeof(float));
        continue;
      }
      const float ridgeLeft = static_cast<float>(objective_.ridge(static_cast<double>(count), others_) - meanRidge_);
      const RowEquations equations = {csr.indices + from, csr.weights + from,  count,     csr.entries() - from - count,
                                      static_cast<float>(objective_.alpha),   objective_.isHkv, ridgeLeft, W_.data()};
      double loss = steps == 0 ? set_.cholesky(table, equations, z, scratch)
                               : set_.conjugateGradient(table, equations, steps, z, scratch);
      for (int64_t n = from; n < from + count; n++) loss += objective_.isHkv ? 1 + objective_.alpha * csr.weights[n] : 1;
      result.loss += loss;
      check(row, loss);
    }
    set_.multiply(white, last - first, fromWhite_->view(), {solved, width_, width_});
    for (int64_t row = first; row < last; row++) {
      double norm = 0;
      for (int i = 0; i < k_; i++) {
        const float value = solved[(row - first) * width_ + i];
        x[row * k_ + i] = value;
        norm += static_cast<double>(value) * value;
      }
      result.ridge += objective_.ridge(static_cast<double>(csr.indptr[row + 1] - csr.indptr[row]), others_) * norm;
      check(row, norm);
    }
    control.advance(last - first);
  });
  SolveResult total;
  for (const SolveResult& result : results) {
    total.loss += result.loss;
    total.ridge += result.ridge;
    if (total.brokenRow < 0) total.brokenRow = result.brokenRow;
  }
  return total;
}
