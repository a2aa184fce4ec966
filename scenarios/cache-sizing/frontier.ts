/**
 * The Pareto set: what nothing else beats at a lower or equal cost, cheapest first. Of equals the first is taken.
 *
 * @returns in order of cost; worth rises strictly along it.
 */
export function frontierOf<T>(plans: readonly T[], cost: (plan: T) => number, worth: (plan: T) => number): T[] {
  const byCost = [...plans].sort((a, b) => cost(a) - cost(b) || worth(b) - worth(a));
  let best = Number.NEGATIVE_INFINITY;
  return byCost.filter((plan) => {
    if (worth(plan) <= best) return false;
    best = worth(plan);
    return true;
  });
}
