// What each instruction set offers: the inner loops, on rows padded with zeros to a multiple of sixteen.
#pragma once
#include <cstdint>

/** Rows of a fixed side, whitened and rounded to 16 bits: row i is scales[i] · values[i·width …]. */
struct FixedPointTable {
  const int16_t* values;
  const float* scales;
  int width;  // K, a multiple of 16
};

/** B [inner × width] in panels of sixteen columns, of which only the rows first … last − 1 are not all zero. */
struct PackedMatrix {
  const float* panels;  // [width/16][inner][16]
  const int* first;     // [width/16]
  const int* last;
  int inner, width;
};

/** Where a product goes: its first `columns` columns, at least all but the last panel; rows are `stride` apart. */
struct Into {
  float* numbers;
  int64_t stride;
  int columns;
};

/** One row's equations in whitened variables: (I + Σ aₙ·yₙyₙᵀ + δ·W) z = Σ bₙ·yₙ. */
struct RowEquations {
  const uint32_t* indices;
  const float* weights;  // r
  int64_t count;
  int64_t ahead;  // how many more indices may be read past the row's end: the next rows', worth fetching early
  float alpha;    // hkv: a = αr, b = 1 + αr
  bool isWeighted;  // false for ials: a = b = 1
  float ridgeLeft;  // δ
  const float* W;   // [K × K]; read only where δ ≠ 0
};

struct InstructionSet {
  /** C = A [rows × inner] · B. Each number is one chain of fused multiply-adds over the inner index. */
  void (*multiply)(const float* A, int64_t rows, const PackedMatrix& B, const Into& C);
  /** Rounds rows [count × width] to fixed point. */
  void (*quantize)(const float* rows, int64_t count, int width, int16_t* values, float* scales);
  /** G [width × width] += leftᵀ·right over rows [count × width]; the upper triangle in blocks of sixteen. */
  void (*addOuter)(const float* left, const float* right, int64_t count, int width, float* G);
  /** A few conjugate-gradient steps from z. Returns the row's loss at the new z, without its constant Σ b. */
  double (*conjugateGradient)(const FixedPointTable&, const RowEquations&, int steps, float* z, float* scratch);
  /** Solves for z by Cholesky. Returns the same loss. */
  double (*cholesky)(const FixedPointTable&, const RowEquations&, float* z, float* scratch);
};

/** How many floats of scratch the row solvers need. */
constexpr int64_t scratchSize(int64_t width) { return width * width + 129 * width; }
