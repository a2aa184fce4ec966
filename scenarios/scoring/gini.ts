/** Gini coefficient of non-negative amounts: 0 when all are equal, towards 1 when one has everything. */
export function gini(amounts: Float64Array): number {
  const sorted = amounts.slice().sort();
  let sum = 0;
  let weighted = 0;
  sorted.forEach((amount, i) => {
    sum += amount;
    weighted += (i + 1) * amount;
  });
  const n = sorted.length;
  return sum === 0 ? 0 : (2 * weighted) / (n * sum) - (n + 1) / n;
}
