// Statistical tests of random words, each as a number that is standard normal where they are random (to a good approximation).
// @see Knuth (1998), The Art of Computer Programming, volume 2, section 3.3.2.

/** Uniform draws in [0, 1), 32 bits each. */
export type Draws = Float64Array;

/** (χ² − k) / √(2k) with k degrees of freedom, after Wilson and Hilferty (1931): normal for small k, too. */
function chiSquareScore(counts: ArrayLike<number>, expected: (cell: number) => number, lost = 1): number {
  let chi = 0;
  for (let cell = 0; cell < counts.length; cell++) chi += (counts[cell]! - expected(cell)) ** 2 / expected(cell);
  const k = counts.length - lost;
  const spread = 2 / (9 * k);
  return (Math.cbrt(chi / k) - (1 - spread)) / Math.sqrt(spread);
}

/** Are all parts of [0, 1) met equally often? 256 cells of the highest and of the lowest byte. */
export function frequency(draws: Draws): number {
  const [high, low] = [new Uint32Array(256), new Uint32Array(256)];
  for (const u of draws) {
    high[Math.floor(u * 256)]! += 1;
    low[(u * 2 ** 32) % 256]! += 1;
  }
  const score = (counts: Uint32Array): number => chiSquareScore(counts, () => draws.length / 256);
  return larger(score(high), score(low));
}

/** Does a draw tell anything of the next? 64 × 64 cells of pairs that share nothing. */
export function serial(draws: Draws): number {
  const counts = new Uint32Array(64 * 64);
  for (let i = 0; i + 1 < draws.length; i += 2)
    counts[64 * Math.floor(draws[i]! * 64) + Math.floor(draws[i + 1]! * 64)]! += 1;
  return chiSquareScore(counts, () => (draws.length >> 1) / counts.length);
}

/** Do they go up and down as often as they should? Runs up or down: mean (2n − 1)/3, variance (16n − 29)/90. */
export function runs(draws: Draws): number {
  const n = draws.length;
  let count = 1;
  for (let i = 2; i < n; i++) if (draws[i]! > draws[i - 1]! !== draws[i - 1]! > draws[i - 2]!) count += 1;
  return (count - (2 * n - 1) / 3) / Math.sqrt((16 * n - 29) / 90);
}

/** Are neighbours at some distance alike? The correlation of draws `lag` apart, times √n; the largest of six. */
export function correlation(draws: Draws): number {
  let worst = 0;
  for (const lag of [1, 2, 3, 4, 7, 64]) {
    const n = draws.length - lag;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (draws[i]! - 0.5) * (draws[i + lag]! - 0.5);
    worst = larger(worst, (12 * sum) / Math.sqrt(n));
  }
  return worst;
}

/**
 * Are they spread too evenly? Of 512 birthdays in a year of 2²⁴ days, the spacings between neighbours that occur more than once
 * are Poisson with mean 512³ / (4 · 2²⁴) = 2. Over as many years as there are draws for.
 *
 * @see Marsaglia & Tsang (2002), Some difficult-to-pass tests of randomness.
 */
export function birthdays(draws: Draws): number {
  const [people, days, mean] = [512, 2 ** 24, 2];
  const years = Math.floor(draws.length / people);
  const counts = new Uint32Array(8);
  for (let year = 0; year < years; year++) {
    const born = Float64Array.from({ length: people }, (_, i) => Math.floor(draws[year * people + i]! * days)).sort();
    const gaps = born.map((day, i) => (i === 0 ? day : day - born[i - 1]!)).sort();
    let repeated = 0;
    for (let i = 1; i < people; i++) if (gaps[i] === gaps[i - 1]) repeated += 1;
    counts[Math.min(repeated, counts.length - 1)]! += 1;
  }
  const chances = Array.from(counts, () => 0);
  for (let k = 0, p = Math.exp(-mean); k < 60; k++, p *= mean / k) chances[Math.min(k, counts.length - 1)]! += p;
  return chiSquareScore(counts, (k) => years * chances[k]!);
}

/** Do single bits change with their neighbours? Bits in which draws differ from those before: 16 of 32, variance 8. */
export function bitChanges(draws: Draws): number {
  let changed = 0;
  for (let i = 1; i < draws.length; i++) {
    let bits = ((draws[i]! * 2 ** 32) ^ (draws[i - 1]! * 2 ** 32)) >>> 0;
    for (; bits !== 0; bits &= bits - 1) changed += 1;
  }
  const n = draws.length - 1;
  return (changed - 16 * n) / Math.sqrt(8 * n);
}

const larger = (a: number, b: number): number => (Math.abs(a) > Math.abs(b) ? a : b);

export const battery = { frequency, serial, runs, correlation, birthdays, bitChanges } as const;
