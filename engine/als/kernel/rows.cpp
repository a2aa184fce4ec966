// The inner loops, compiled once per instruction set.
#include "rows.h"

#include "lanes.h"

namespace {

constexpr int kBlock = 8;    // rows of the table that are widened to float32 together: 4 KB at 128 factors
constexpr int kAhead = 8;    // rows ahead of the present one that are fetched into cache
constexpr int kMany = 256;   // rows of the table that a second pass does not find in cache any more
constexpr int kOuterRows = 64;  // rows whose outer products are summed in registers before they go to memory

inline float dot(const float* x, const float* y, int width) {
  Lanes s = zero();
  for (int c = 0; c < width; c += kLanes) s = fma(load(x + c), load(y + c), s);
  return sum(s);
}

/** y += a·x */
inline void add(float a, const float* x, float* y, int width) {
  for (int c = 0; c < width; c += kLanes) store(y + c, fma(all(a), load(x + c), load(y + c)));
}

/** out += W v for symmetric W, scaled by a. */
inline void addProduct(float a, const float* W, const float* v, float* out, int width) {
  for (int i = 0; i < width; i++) add(a * v[i], W + static_cast<int64_t>(i) * width, out, width);
}

struct Entry { float a, b; };
inline Entry entryOf(const RowEquations& row, int64_t n) {
  if (!row.isWeighted) return {1.0f, 1.0f};
  const float extra = row.alpha * row.weights[n];
  return {extra, 1.0f + extra};
}

inline void fetch(const FixedPointTable& table, uint32_t index) {
  const char* at = reinterpret_cast<const char*>(table.values + static_cast<int64_t>(index) * table.width);
  for (int byte = 0; byte < 2 * table.width; byte += 64) __builtin_prefetch(at + byte);
}

/**
 * Widens `count` ≤ kBlock rows of the table into `rows` and takes their inner products with v; four at a time, so that
 * each load of v serves four rows and eight chains of additions hide each other's latency.
 */
template <int WIDTH>
inline void widenAndDot(const FixedPointTable& table, const uint32_t* indices, int count, const float* v, float* rows, float* dots) {
  const int width = WIDTH ? WIDTH : table.width;
  for (int j = 0; j < count; j += 4) {
    const int16_t* from[4];
    for (int i = 0; i < 4; i++) from[i] = table.values + static_cast<int64_t>(indices[j + i < count ? j + i : j]) * width;
    Lanes s[4] = {zero(), zero(), zero(), zero()};
    for (int c = 0; c < width; c += kLanes) {
      const Lanes x = load(v + c);
#pragma GCC unroll 4
      for (int i = 0; i < 4; i++) {
        const Lanes y = load(from[i] + c);
        if (rows) store(rows + (j + i) * width + c, y);
        s[i] = fma(y, x, s[i]);
      }
    }
    for (int i = 0; i < 4; i++) dots[j + i] = sum(s[i]);
  }
}

/** out += Σ weights[j]·rows[j], in the order of j. */
template <int WIDTH>
inline void addRows(const float* rows, const float* weights, int count, float* out, int widthOf) {
  const int width = WIDTH ? WIDTH : widthOf;
  for (int c = 0; c < width; c += kLanes) {
    Lanes s = load(out + c);
    if (count == kBlock) {
#pragma GCC unroll 8
      for (int j = 0; j < kBlock; j++) s = fma(all(weights[j]), load(rows + j * width + c), s);
    } else {
      for (int j = 0; j < count; j++) s = fma(all(weights[j]), load(rows + j * width + c), s);
    }
    store(out + c, s);
  }
}

/** What a pass over the row's entries sums up besides the vector. */
struct PassSums { double quadratic, linear; };  // Σ a·d², Σ b·d with d = yᵀv

enum class Pass { residual, product, dotsOnly };

/** residual: out += Σ (b − a·d)·y.  product: out += Σ a·d·y.  dotsOnly: sums alone. */
template <Pass pass, int WIDTH>
PassSums passOver(const FixedPointTable& table, const RowEquations& row, const float* v, float* out, float* rows) {
  PassSums sums = {0, 0};
  float dots[kBlock], weights[kBlock];
  for (int64_t n = 0; n < row.count; n += kBlock) {
    const int count = row.count - n < kBlock ? static_cast<int>(row.count - n) : kBlock;
    if (pass == Pass::residual || row.count > kMany)
      for (int64_t next = n + kAhead; next < n + kAhead + kBlock && next < row.count + row.ahead; next++)
        fetch(table, row.indices[next]);
    widenAndDot<WIDTH>(table, row.indices + n, count, v, pass == Pass::dotsOnly ? nullptr : rows, dots);
    for (int j = 0; j < count; j++) {
      const auto [a, b] = entryOf(row, n + j);
      const float scale = table.scales[row.indices[n + j]];
      const float d = scale * dots[j];
      sums.quadratic += static_cast<double>(a * d) * d;
      sums.linear += static_cast<double>(b) * d;
      weights[j] = scale * (pass == Pass::residual ? b - a * d : a * d);
    }
    if (pass != Pass::dotsOnly) addRows<WIDTH>(rows, weights, count, out, table.width);
  }
  return sums;
}

/**
 * Conjugate gradients on (I + Σ a·yyᵀ + δW) z = Σ b·y. The loss zᵀA z − 2bᵀz is known at the start from the first pass and
 * falls by stride·rᵀr with each step; the last step needs pᵀA p only, which is half a pass.
 */
template <int WIDTH>
double conjugateGradientOf(const FixedPointTable& table, const RowEquations& row, int steps, float* z, float* scratch) {
  const int width = WIDTH ? WIDTH : table.width;
  float* r = scratch;
  float* p = r + width;
  float* Ap = p + width;
  float* rows = Ap + width;
  // r = b − A z
  for (int c = 0; c < width; c += kLanes) store(r + c, load(z + c) * all(-1.0f));
  if (row.ridgeLeft != 0) addProduct(-row.ridgeLeft, row.W, z, r, width);
  const float zRidge = -dot(z, r, width);
  const PassSums start = passOver<Pass::residual, WIDTH>(table, row, z, r, rows);
  double loss = zRidge + start.quadratic - 2 * start.linear;
  for (int c = 0; c < width; c += kLanes) store(p + c, load(r + c));
  float rr = dot(r, r, width);
  for (int step = 1; rr > 1e-30f; step++) {
    const bool isLast = step == steps;
    for (int c = 0; c < width; c += kLanes) store(Ap + c, load(p + c));
    if (row.ridgeLeft != 0) addProduct(row.ridgeLeft, row.W, p, Ap, width);
    const float pRidge = dot(p, Ap, width);
    const PassSums curve = isLast ? passOver<Pass::dotsOnly, WIDTH>(table, row, p, Ap, rows)
                                  : passOver<Pass::product, WIDTH>(table, row, p, Ap, rows);
    const float stride = rr / static_cast<float>(pRidge + curve.quadratic);
    add(stride, p, z, width);
    loss -= static_cast<double>(stride) * rr;
    if (isLast) break;
    add(-stride, Ap, r, width);
    const float before = rr;
    rr = dot(r, r, width);
    const Lanes beta = all(rr / before);
    for (int c = 0; c < width; c += kLanes) store(p + c, fma(beta, load(p + c), load(r + c)));
  }
  return loss;
}

double conjugateGradient(const FixedPointTable& table, const RowEquations& row, int steps, float* z, float* scratch) {
  return table.width == 128 ? conjugateGradientOf<128>(table, row, steps, z, scratch)
                            : conjugateGradientOf<0>(table, row, steps, z, scratch);
}

#if defined(KERNEL_AVX512)
constexpr int kTile = 12;  // rows of A at once: as many chains as hide the latency of a fused multiply-add
#else
constexpr int kTile = 6;
#endif

/** G += leftᵀ·right over `count` rows, in the rows and columns from `corner` on; the upper triangle in blocks of sixteen. */
void addOuterFrom(int corner, const float* left, const float* right, int64_t count, int width, float* G) {
  for (int j = corner; j < width; j += kLanes) {
    for (int i = corner; i < j + kLanes; i += kTile) {
      int at[kTile];  // a tile that reaches beyond the matrix computes its last row again
      for (int t = 0; t < kTile; t++) at[t] = i + t < width ? i + t : width - 1;
      Lanes s[kTile];
#pragma GCC unroll 12
      for (int t = 0; t < kTile; t++) s[t] = load(G + at[t] * width + j);
      for (int64_t row = 0; row < count; row++) {
        const Lanes y = load(right + row * width + j);
#pragma GCC unroll 12
        for (int t = 0; t < kTile; t++) s[t] = fma(all(left[row * width + at[t]]), y, s[t]);
      }
#pragma GCC unroll 12
      for (int t = 0; t < kTile; t++) store(G + at[t] * width + j, s[t]);
    }
  }
}

void addOuter(const float* left, const float* right, int64_t count, int width, float* G) {
  addOuterFrom(0, left, right, count, width, G);
}

/** A = UᵀU in place, upper triangle, sixteen rows of U at a time; `negated` is scratch for sixteen rows. */
void factorize(float* A, int K, float* negated) {
  for (int i = 0; i < K; i += kLanes) {
    for (int p = i; p < i + kLanes; p++) {
      float* pivotRow = A + p * K;
      const float unit = 1.0f / __builtin_sqrtf(pivotRow[p]);
      for (int c = i; c < K; c += kLanes) {
        const Lanes u = load(pivotRow + c) * all(unit);
        store(pivotRow + c, u);
        store(negated + (p - i) * K + c, u * all(-1.0f));
      }
      for (int row = p + 1; row < i + kLanes; row++) add(-pivotRow[row], pivotRow + i, A + row * K + i, K - i);
    }
    addOuterFrom(i + kLanes, negated, A + i * K, kLanes, K, A);
  }
}

/** A = I + δW + Σ a·yyᵀ (upper triangle), factorised as UᵀU; then UᵀU z = Σ b·y. */
double cholesky(const FixedPointTable& table, const RowEquations& row, float* z, float* scratch) {
  const int K = table.width;
  float* A = scratch;
  float* b = A + K * K;
  float* y = b + K;
  float* ay = y + kOuterRows * K;
  for (int i = 0; i < K * K; i++) A[i] = row.ridgeLeft != 0 ? row.ridgeLeft * row.W[i] : 0.0f;
  for (int i = 0; i < K; i++) A[i * K + i] += 1.0f, b[i] = 0;
  for (int64_t n = 0; n < row.count; n += kOuterRows) {
    const int count = row.count - n < kOuterRows ? static_cast<int>(row.count - n) : kOuterRows;
    for (int j = 0; j < count; j++) {
      if (n + j + kAhead < row.count + row.ahead) fetch(table, row.indices[n + j + kAhead]);
      const auto [extra, target] = entryOf(row, n + j);
      const uint32_t index = row.indices[n + j];
      const int16_t* from = table.values + static_cast<int64_t>(index) * K;
      for (int c = 0; c < K; c += kLanes) {
        const Lanes value = load(from + c) * all(table.scales[index]);
        store(y + j * K + c, value);
        store(ay + j * K + c, value * all(extra));
        store(b + c, fma(all(target), value, load(b + c)));
      }
    }
    addOuter(ay, y, count, K, A);
  }
  factorize(A, K, ay);
  for (int i = 0; i < K; i++) z[i] = b[i];
  for (int i = 0; i < K; i++) {  // Uᵀ w = b, row by row of U
    z[i] /= A[i * K + i];
    for (int j = i + 1; j < K; j++) z[j] -= A[i * K + j] * z[i];
  }
  for (int i = K - 1; i >= 0; i--) {  // U z = w
    float s = z[i];
    for (int j = i + 1; j < K; j++) s -= A[i * K + j] * z[j];
    z[i] = s / A[i * K + i];
  }
  return -static_cast<double>(dot(b, z, K));
}

#if defined(KERNEL_AVX512)
constexpr int kPanels = 4;  // 24 chains in as many registers: ten loads for each 24 fused multiply-adds
#else
constexpr int kPanels = 1;
#endif
constexpr int kRows = 6;

/** Rows `row` … `row` + kRows − 1 of C, as far as there are so many, in the columns of PANELS panels. */
template <int PANELS>
void multiplyTile(const float* const* from, int64_t rows, const PackedMatrix& B, int panel, const Into& C, float* to) {
  const int64_t step = static_cast<int64_t>(B.inner) * kLanes;
  const float* columns = B.panels + panel * step;
  int first = B.first[panel], last = B.last[panel];
  for (int p = 1; p < PANELS; p++) {
    first = B.first[panel + p] < first ? B.first[panel + p] : first;
    last = B.last[panel + p] > last ? B.last[panel + p] : last;
  }
  Lanes s[kRows][PANELS];
#pragma GCC unroll 6
  for (int i = 0; i < kRows; i++)
#pragma GCC unroll 4
    for (int p = 0; p < PANELS; p++) s[i][p] = zero();
  for (int k = first; k < last; k++) {
    Lanes b[PANELS];
#pragma GCC unroll 4
    for (int p = 0; p < PANELS; p++) b[p] = load(columns + p * step + k * kLanes);
#pragma GCC unroll 6
    for (int i = 0; i < kRows; i++) {
      const Lanes a = all(from[i][k]);
#pragma GCC unroll 4
      for (int p = 0; p < PANELS; p++) s[i][p] = fma(a, b[p], s[i][p]);
    }
  }
  const int left = C.columns - panel * kLanes;
#pragma GCC unroll 6
  for (int i = 0; i < kRows; i++) {
    if (i >= rows) break;
#pragma GCC unroll 4
    for (int p = 0; p < PANELS; p++) {
      float* at = to + i * C.stride + (panel + p) * kLanes;
      if (left >= (p + 1) * kLanes) {
        store(at, s[i][p]);
      } else {
        float part[kLanes];
        store(part, s[i][p]);
        for (int c = 0; c < left - p * kLanes; c++) at[c] = part[c];
      }
    }
  }
}

void multiply(const float* A, int64_t rows, const PackedMatrix& B, const Into& C) {
  const int panels = B.width / kLanes;
  for (int64_t row = 0; row < rows; row += kRows) {
    const float* from[kRows];  // a tile that reaches beyond the matrix computes its first row again
    for (int i = 0; i < kRows; i++) from[i] = A + (row + i < rows ? row + i : row) * B.inner;
    float* to = C.numbers + row * C.stride;
    int panel = 0;
    for (; panel + kPanels <= panels; panel += kPanels) multiplyTile<kPanels>(from, rows - row, B, panel, C, to);
    for (; panel < panels; panel++) multiplyTile<1>(from, rows - row, B, panel, C, to);
  }
}

void quantize(const float* rows, int64_t count, int width, int16_t* values, float* scales) {
  for (int64_t row = 0; row < count; row++) {
    Lanes most = zero();
    for (int c = 0; c < width; c += kLanes) most = larger(magnitude(load(rows + row * width + c)), most);
    const float reach = largest(most);
    const bool isZero = reach < 1e-30f;  // or as good as that: 1/reach must be finite
    const float unit = isZero ? 0.0f : 32767.0f / reach;
    scales[row] = isZero ? 0.0f : reach / 32767.0f;
    for (int c = 0; c < width; c += kLanes) store(values + row * width + c, load(rows + row * width + c) * all(unit));
  }
}

}  // namespace

#if defined(KERNEL_AVX512)
extern const InstructionSet avx512 = {multiply, quantize, addOuter, conjugateGradient, cholesky};
#elif defined(KERNEL_AVX2)
extern const InstructionSet avx2 = {multiply, quantize, addOuter, conjugateGradient, cholesky};
#else
extern const InstructionSet portable = {multiply, quantize, addOuter, conjugateGradient, cholesky};
#endif
