#pragma once
#include <memory>

#include "memory.h"
#include "packed.h"
#include "rows.h"
#include "threads.h"

/** Compressed rows, as in engine/interactions/csr.ts. */
struct Csr {
  int64_t rows;
  const uint32_t* indptr;
  const uint32_t* indices;
  const float* weights;
  int64_t entries() const { return rows == 0 ? 0 : indptr[rows]; }
};

/** See engine/als/objective.ts. */
struct Objective {
  bool isHkv;
  double alpha, regularization, unobservedWeight;
  double gramWeight() const { return isHkv ? 1 : unobservedWeight; }
  double ridge(double entries, int64_t others) const {
    return isHkv ? regularization : regularization * (entries + unobservedWeight * static_cast<double>(others));
  }
};

struct SolveResult {
  double loss = 0;           // of all rows, but for the ridge of the fixed side
  double ridge = 0;          // Σ ρ‖x‖² of the solved side
  int64_t brokenRow = -1;    // the first row whose factor or loss is not finite
};

/**
 * One side's factors Y [others × k], made ready for solving rows of the other side against them.
 *
 *     M = g·G + ρ̄I = LLᵀ,   y' = L⁻¹y rounded to 16 bits with a scale per row,   z = Lᵀx
 *
 * In the variables z a row's matrix is the identity plus what its own entries add, so that conjugate gradients need few
 * steps, gather half the bytes, and never touch M.
 */
class FixedSide {
 public:
  /** @param meanEntries of the rows to be solved: decides ρ̄. */
  FixedSide(const InstructionSet&, const float* fixed, int64_t others, const double* gram, int k, const Objective&,
            double meanEntries, int threads, const Control&);

  /** 0, or the pivot that Cholesky found not to be positive: then nothing can be solved. */
  double brokenPivot() const { return brokenPivot_; }

  /** Memory, but for what does not grow with the rows. */
  int64_t bytes() const { return others_ * (width_ * static_cast<int64_t>(sizeof(int16_t)) + static_cast<int64_t>(sizeof(float))); }

  /** Solves x [csr.rows × k] by conjugate gradients from where it stands, or exactly where steps is 0. */
  SolveResult solve(const Csr&, float* x, int steps, int threads, const Control&) const;

 private:
  const InstructionSet& set_;
  const Objective objective_;
  const int64_t others_;
  const int k_, width_;
  const double meanRidge_;
  double brokenPivot_ = 0;
  std::unique_ptr<const Packed> toWhite_, fromWhite_;  // z = xL, x = zL⁻¹ as rows
  std::vector<float> W_;                               // L⁻¹L⁻ᵀ [K × K]; empty where every row has the ridge ρ̄
  Buffer<int16_t> values_;
  Buffer<float> scales_;
};
