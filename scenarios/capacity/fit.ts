import { studentQuantile } from '../../reports/stats/student.ts';

/** A time that was measured: `seconds` > 0 for work of size `n` > 0. */
export interface TimedPoint {
  readonly n: number;
  readonly seconds: number;
}

/** The terms of the forms that are sums. */
const sums = {
  'b n': [(n: number) => n],
  'a + b n': [() => 1, (n: number) => n],
  'a + b n + c n log n': [() => 1, (n: number) => n, (n: number) => n * Math.log(n)],
} as const satisfies Readonly<Record<string, readonly ((n: number) => number)[]>>;

/** `a n^b` is for work that grows less than its size, such as a search that looks at less and less of a larger table. */
export type FormName = keyof typeof sums | 'a n^b';

/** What a time may be in the size of its work, unless it is said otherwise; the simplest first. */
export const usualForms = Object.keys(sums) as FormName[];

/** A time, and the interval that a single measurement of it lies in, 95 times in 100. Seconds. */
export interface Prediction {
  readonly seconds: number;
  readonly low: number;
  readonly high: number;
}

/** How a form did on sizes that it was not fitted on. */
export interface HeldOut {
  readonly n: number;
  readonly measured: number;
  readonly predicted: Prediction;
  /** predicted / measured − 1. */
  readonly error: number;
}

export interface Fit {
  readonly form: FormName;
  /** In the order of the form's letters; seconds. */
  readonly coefficients: readonly number[];
  readonly smallest: number;
  readonly largest: number;
  readonly points: number;
  /**
   * Sizes at least four times as large as all that the form was fitted on then, the sizes up to N / 4; empty where these are too few
   * for this form. The form was chosen by these among others.
   */
  readonly heldOut: readonly HeldOut[];
  /** For n in (0, 100 · largest]. @throws plain Error beyond: a fit says nothing there, ask {@link isWithinReach}. */
  predict(n: number): Prediction;
}

/** Beyond so many times the largest measured size a fit is not asked. */
export const reach = 100;

export const isWithinReach = ({ largest }: Pick<Fit, 'largest'>, n: number): boolean => n <= reach * largest;

/** The held-out sizes are at least so many times the largest that is fitted on. */
const heldOutFactor = 4;

/** What a form is chosen by: sizes at least so many times the largest that it was fitted on. */
const outlookFactor = 2;

/** A longer form is worth its terms when it halves the squared error of what it foresaw. */
const worthATerm = 0.5;

/**
 * By how much of itself a time is at least expected to leave its form with each factor of e beyond the largest size, whatever the
 * points say: where caches are outgrown nothing shows it before. (A sweep of ALS takes 18 % less for each FLOP at 1M interactions
 * than at 125k, and 8 % more again at 4M.)
 */
const leastDrift = 0.05;

/** A time that a form foresaw, fitted on sizes up to `upTo` alone. */
interface Outlook extends HeldOut {
  readonly upTo: number;
}

/**
 * Fit a time to the size of the work: b·n, a + b·n or a + b·n + c·n·log n, by least squares of relative errors, since a clock
 * errs by a share of what it measures.
 *
 * The form is chosen by what it foresees: it is fitted on the two smallest sizes, the three smallest, …, and predicts each time all
 * that are at least twice as large. Then it is fitted on all points. Its intervals are those of {@link solveSum} or {@link solvePower},
 * and wider by two things that residuals cannot know of. Beyond the largest size N the form itself errs: by δ·ln(n / N), with δ from
 * what it foresaw ({@link driftOf}), and at least {@link leastDrift}. And another form may be the right one: what that predicts is
 * added as an error of its own, the less the worse it foresaw.
 *
 *     half² = half_fit² + (2 δ ŷ ln(n/N))² + max over other forms of (|ŷ_other − ŷ| · √(missed / missed_other))²
 *
 * @param formNames what is tried, the simplest first.
 * @returns undefined where too few sizes were measured: two of them up to N / 4, and one point more than the form has terms.
 * @see Draper & Smith, Applied Regression Analysis, chapters 1 and 9 (prediction intervals, weighted least squares); Tashman (2000),
 *   Out-of-sample tests of forecasting accuracy (rolling origins).
 */
export function fitTimes(points: readonly TimedPoint[], formNames: readonly FormName[] = usualForms): Fit | undefined {
  const sizes = [...new Set(points.map(({ n }) => n))].sort((a, b) => a - b);
  const largest = sizes.at(-1) ?? 0;
  const small = sizes.filter((n) => n <= largest / heldOutFactor);
  const limit = small.at(-1) ?? 0;
  if (small.length < 2) return undefined;
  const tried = formNames.flatMap((form) => {
    const solved = solve(points, form);
    const outlooks = sizes.flatMap((upTo) => outlooksFrom(points, form, upTo));
    return solved && outlooks.length > 0 ? [{ form, solved, outlooks }] : [];
  });
  const best = tried.reduce<(typeof tried)[number] | undefined>((before, next) => {
    if (before === undefined) return next;
    const [was, is] = missedByBoth(before.outlooks, next.outlooks);
    return is < worthATerm * was ? next : before;
  }, undefined);
  if (best === undefined) return undefined;
  const { form, solved, outlooks } = best;
  const drift = Math.max(leastDrift, driftOf(outlooks));
  const rivals = tried
    .filter((one) => one !== best)
    .map((rival) => {
      const [ours, theirs] = missedByBoth(outlooks, rival.outlooks);
      return { predict: rival.solved.predict, weight: theirs > ours ? Math.sqrt(ours / theirs) : 1 };
    });
  return {
    form,
    coefficients: solved.coefficients,
    smallest: sizes[0]!,
    largest,
    points: points.length,
    heldOut: outlooks.filter(({ upTo, n }) => upTo === limit && n >= heldOutFactor * limit),
    predict: (n) => {
      if (!isWithinReach({ largest }, n)) throw new Error(`${n} is more than ${reach} times ${largest}`);
      const chosen = solved.predict(n);
      const drifted = 2 * drift * chosen.seconds * Math.max(0, Math.log(n / largest));
      const apart = rivals.map(({ predict, weight }) => weight * Math.abs(predict(n).seconds - chosen.seconds));
      return widened(chosen, Math.hypot(drifted, Math.max(0, ...apart)));
    },
  };
}

function outlooksFrom(points: readonly TimedPoint[], form: FormName, upTo: number): Outlook[] {
  const solved = solve(
    points.filter(({ n }) => n <= upTo),
    form,
  );
  if (solved === undefined) return [];
  return points
    .filter(({ n }) => n >= outlookFactor * upTo)
    .map(({ n, seconds }) => {
      const predicted = solved.predict(n);
      return { upTo, n, measured: seconds, predicted, error: predicted.seconds / seconds - 1 };
    });
}

/** Mean squared errors of two forms where both foresaw the same: a form with more terms begins later. Equal where they never did. */
function missedByBoth(ours: readonly Outlook[], theirs: readonly Outlook[]): [ours: number, theirs: number] {
  const pairs = ours.flatMap((one) =>
    theirs
      .filter(({ upTo, n, measured }) => upTo === one.upTo && n === one.n && measured === one.measured)
      .map((other) => [one, other] as const),
  );
  if (pairs.length === 0) return [1, 1];
  return [meanSquare(pairs.map(([{ error }]) => error)), meanSquare(pairs.map(([, { error }]) => error))];
}

/**
 * The ratio of two root mean squares, over all that was foreseen:
 *
 *     δ = √(Σ error² / Σ ln²(n / upTo))
 *
 * Least squares through 0 of |error| over ln(n / upTo) would be at most that (Cauchy-Schwarz): the wider one is meant.
 */
const driftOf = (outlooks: readonly Outlook[]): number =>
  Math.sqrt(
    meanSquare(outlooks.map(({ error }) => error)) / meanSquare(outlooks.map(({ n, upTo }) => Math.log(n / upTo))),
  );

/** Both ends moved out as independent errors add up: by the root of the sum of squares. */
function widened({ seconds, low, high }: Prediction, by: number): Prediction {
  return {
    seconds,
    low: Math.max(0, seconds - Math.hypot(seconds - low, by)),
    high: seconds + Math.hypot(high - seconds, by),
  };
}

interface Solved {
  readonly coefficients: readonly number[];
  predict(n: number): Prediction;
}

const solve = (points: readonly TimedPoint[], form: FormName): Solved | undefined =>
  form === 'a n^b' ? solvePower(points) : solveSum(points, sums[form]);

/**
 * Weighted least squares of a sum of terms, weights 1 / y², and its 95 % prediction interval:
 *
 *     minimise Σ (1 − x(nᵢ)ᵀβ / yᵢ)²,   s² = Σ rᵢ² / (m − p),   ŷ(n) ± t₀.₉₇₅(m − p) · √(s²·ŷ(n)² + s²·x(n)ᵀ(ZᵀZ)⁻¹x(n))
 *
 * with Z the rows x(nᵢ) / yᵢ, and rᵢ the relative residuals.
 *
 * @returns undefined with no point more than terms, or where the points cannot tell the terms apart.
 */
function solveSum(points: readonly TimedPoint[], terms: readonly ((n: number) => number)[]): Solved | undefined {
  // Sizes are taken by the largest, so that the normal equations hold numbers of one magnitude.
  const unit = Math.max(...points.map(({ n }) => n));
  const rowOf = (n: number): number[] => terms.map((term) => term(n) / (term(unit) || 1));
  const solved = leastSquares(
    points.map(({ n, seconds }) => rowOf(n).map((x) => x / seconds)),
    points.map(() => 1),
  );
  if (solved === undefined) return undefined;
  const { beta, variance, t, leverage } = solved;
  return {
    coefficients: beta.map((value, i) => value / (terms[i]!(unit) || 1)),
    predict: (n) => {
      const x = rowOf(n);
      const seconds = dot(x, beta);
      const half = t * Math.sqrt(variance * (seconds ** 2 + leverage(x)));
      return { seconds, low: Math.max(0, seconds - half), high: seconds + half };
    },
  };
}

/** The same for ln y = ln a + b·ln n: its residuals are relative errors too, and its interval is even in the logarithm. */
function solvePower(points: readonly TimedPoint[]): Solved | undefined {
  const rowOf = (n: number): number[] => [1, Math.log(n)];
  const solved = leastSquares(
    points.map(({ n }) => rowOf(n)),
    points.map(({ seconds }) => Math.log(seconds)),
  );
  if (solved === undefined) return undefined;
  const { beta, variance, t, leverage } = solved;
  return {
    coefficients: [Math.exp(beta[0]!), beta[1]!],
    predict: (n) => {
      const x = rowOf(n);
      const seconds = Math.exp(dot(x, beta));
      const factor = Math.exp(t * Math.sqrt(variance * (1 + leverage(x))));
      return { seconds, low: seconds / factor, high: seconds * factor };
    },
  };
}

/** Z β ≈ y: β, the variance of a residual, t₀.₉₇₅ of its degrees of freedom, and xᵀ(ZᵀZ)⁻¹x. */
function leastSquares(Z: readonly (readonly number[])[], y: readonly number[]) {
  const p = Z[0]?.length ?? 0;
  const freedom = Z.length - p;
  if (freedom < 1) return undefined;
  const columns = Array.from({ length: p }, (_, i) => Z.map((row) => row[i]!));
  const inverse = invert(columns.map((u) => columns.map((v) => dot(u, v))));
  if (inverse === undefined) return undefined;
  const moments = columns.map((column) => dot(column, y));
  const beta = inverse.map((row) => dot(row, moments));
  const residuals = Z.map((row, i) => y[i]! - dot(row, beta));
  return {
    beta,
    variance: dot(residuals, residuals) / freedom,
    t: studentQuantile(0.975, freedom),
    leverage: (x: readonly number[]): number =>
      dot(
        x,
        inverse.map((row) => dot(row, x)),
      ),
  };
}

/** The inverse of a small symmetric matrix by Gauss-Jordan elimination; undefined where it has none to 12 digits. */
function invert(matrix: readonly (readonly number[])[]): number[][] | undefined {
  const p = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  const scale = Math.max(...matrix.map((row, i) => Math.abs(row[i]!)));
  for (let i = 0; i < p; i++) {
    const pivotAt = rows.reduce(
      (best, row, r) => (r >= i && Math.abs(row[i]!) > Math.abs(rows[best]![i]!) ? r : best),
      i,
    );
    [rows[i], rows[pivotAt]] = [rows[pivotAt]!, rows[i]!];
    const pivot = rows[i]![i]!;
    if (Math.abs(pivot) < 1e-12 * scale) return undefined;
    rows[i] = rows[i]!.map((value) => value / pivot);
    rows.forEach((row, r) => {
      if (r !== i) rows[r] = row.map((value, column) => value - row[i]! * rows[i]![column]!);
    });
  }
  return rows.map((row) => row.slice(p));
}

const dot = (u: readonly number[], v: readonly number[]): number => u.reduce((sum, value, i) => sum + value * v[i]!, 0);
const meanSquare = (values: readonly number[]): number => dot(values, values) / values.length;
