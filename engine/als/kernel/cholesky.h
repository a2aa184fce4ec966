// Dense triangles in float64, row by row.
#pragma once
#include <cmath>
#include <vector>

/** In place: the lower triangle of A [k × k] becomes L. Returns 0, or the pivot that does not stand out from rounding. */
inline double factorize(std::vector<double>& A, int k) {
  for (int j = 0; j < k; j++) {
    const double diagonal = A[j * k + j];
    double pivot = diagonal;
    for (int p = 0; p < j; p++) pivot -= A[j * k + p] * A[j * k + p];
    if (!(pivot > 1e-12 * diagonal)) return pivot == 0 ? -0x1p-1022 : pivot;
    const double root = A[j * k + j] = std::sqrt(pivot);
    for (int i = j + 1; i < k; i++) {
      double s = A[i * k + j];
      for (int p = 0; p < j; p++) s -= A[i * k + p] * A[j * k + p];
      A[i * k + j] = s / root;
    }
  }
  return 0;
}

/** L⁻¹, lower triangle. */
inline std::vector<double> inverted(const std::vector<double>& L, int k) {
  std::vector<double> inverse(L.size(), 0.0);
  for (int i = 0; i < k; i++) {
    double* row = &inverse[i * k];
    for (int p = 0; p < i; p++)
      for (int j = 0; j <= p; j++) row[j] -= L[i * k + p] * inverse[p * k + j];
    row[i] += 1;
    for (int j = 0; j <= i; j++) row[j] /= L[i * k + i];
  }
  return inverse;
}
