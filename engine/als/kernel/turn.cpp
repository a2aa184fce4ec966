#include "turn.h"

#include <cmath>

#include "cholesky.h"
#include "gram-matrix.h"

namespace {

constexpr int64_t kSample = 1 << 14;  // so many listeners tell enough
constexpr double kRidge = 1e-4;  // keeps L⁻¹ small where few listeners or none reach a direction

double norm(const std::vector<double>& A) {
  double s = 0;
  for (const double a : A) s += a * a;
  return std::sqrt(s);
}

/** ‖L·L⁻¹ − I‖, what inverting took. */
double residue(const std::vector<double>& L, const std::vector<double>& inverse, int k) {
  std::vector<double> E(L.size(), 0.0);
  for (int i = 0; i < k; i++) {
    for (int p = 0; p <= i; p++)
      for (int j = 0; j <= p; j++) E[i * k + j] += L[i * k + p] * inverse[p * k + j];
    E[i * k + i] -= 1;
  }
  return norm(E);
}

}  // namespace

std::unique_ptr<const Turn> turnFor(const InstructionSet& set, const float* X, int64_t count, int k, int threads) {
  std::vector<double> L(static_cast<size_t>(k) * k);
  const int64_t each = (count + kSample - 1) / kSample;
  std::vector<float> sample;
  sample.reserve(static_cast<size_t>(std::min(count, kSample)) * k);
  for (int64_t row = 0; each > 0 && row < count; row += each) sample.insert(sample.end(), X + row * k, X + (row + 1) * k);
  gramMatrix(set, sample.data(), static_cast<int64_t>(sample.size()) / k, k, threads, L.data());
  double trace = 0;
  for (int i = 0; i < k; i++) trace += L[i * k + i];
  if (!std::isnormal(trace)) return nullptr;
  for (double& value : L) value *= k / trace;
  for (int i = 0; i < k; i++) L[i * k + i] += kRidge;
  if (factorize(L, k) != 0) return nullptr;
  for (int i = 0; i < k; i++)
    for (int j = i + 1; j < k; j++) L[i * k + j] = 0;
  const std::vector<double> inverse = inverted(L, k);
  // Entries are rounded to float32, and k multiplications and additions follow, each half a place off.
  const double rounding = (k + 2) * 0x1p-24;
  return std::unique_ptr<const Turn>(new Turn{
      Packed(k, k, [&](int i, int j) { return i <= j ? inverse[j * k + i] : 0; }),
      Packed(k, k, [&](int i, int j) { return i >= j ? L[i * k + j] : 0; }),
      (rounding + residue(L, inverse, k)) * norm(inverse),
      rounding * norm(L),
  });
}
