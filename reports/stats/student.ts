/** ln Γ(x) for x > 0, Lanczos approximation with g = 7, n = 9: about 1e-15 relative. */
function lnGamma(x: number): number {
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const z = x - 1;
  let sum = coefficients[0] ?? 0;
  for (let i = 1; i < coefficients.length; i++) sum += (coefficients[i] ?? 0) / (z + i);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * ln B(a, ½) = ln Γ(a) + ln Γ(½) − ln Γ(a + ½). For large a the difference is taken by its series, since subtracting two
 * large logarithms would leave few digits.
 */
function lnBetaOfHalf(a: number): number {
  const rise =
    a > 50 ? 0.5 * Math.log(a) - 1 / (8 * a) + 1 / (192 * a ** 3) - 1 / (640 * a ** 5) : lnGamma(a + 0.5) - lnGamma(a);
  return 0.5 * Math.log(Math.PI) - rise;
}

/**
 * Regularised incomplete beta function I_x(a, b), x in [0, 1], of which one parameter is ½, by its continued fraction (Lentz).
 * @see Press et al., Numerical Recipes, 6.4.
 */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  // The fraction converges quickly below the mean only; above it the mirror image does.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - lnBetaOfHalf(b === 0.5 ? a : b)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny);
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d || tiny);
    c = 1 + even / c || tiny;
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d || tiny);
    c = 1 + odd / c || tiny;
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return front * fraction;
}

/** P(T > t) for Student's t with `df` > 0 degrees of freedom and t ≥ 0. */
const upperTail = (t: number, df: number): number => 0.5 * incompleteBeta(df / (df + t * t), df / 2, 0.5);

/**
 * The quantile of Student's t distribution: the t with P(T ≤ t) = p.
 *
 * @param p  in (0, 1).
 * @param df degrees of freedom, > 0.
 * @returns by bisection on the tail, to the last bits.
 */
export function studentQuantile(p: number, df: number): number {
  if (p === 0.5) return 0;
  if (p < 0.5) return -studentQuantile(1 - p, df);
  const tail = 1 - p;
  let low = 0;
  let high = 1;
  while (upperTail(high, df) > tail) high *= 2;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (upperTail(middle, df) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The 95 % interval of a mean from independent values: mean ± t₀.₉₇₅(n − 1) · s / √n.
 * @returns nulls for fewer than two values.
 */
export function meanInterval(values: readonly number[]): { readonly low: number | null; readonly high: number | null } {
  const n = values.length;
  if (n < 2) return { low: null, high: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = studentQuantile(0.975, n - 1) * Math.sqrt(variance / n);
  return { low: mean - half, high: mean + half };
}
