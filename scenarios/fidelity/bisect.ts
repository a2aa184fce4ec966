/** One value that was tried. */
export interface Trial {
  readonly x: number;
  readonly y: number;
}

/**
 * Look for x in [low, high] with f(x) = target by halving, for a function that rises or falls throughout, with some noise: the
 * ends say which. Every value is computed once, in an order that depends on f alone.
 *
 * @param steps halvings after the two ends: the interval ends up (high − low) / 2^steps wide. Fewer, where a value comes within
 *   0.2 % of the target.
 * @param round every x is rounded by it before it is tried.
 * @returns the x tried that came nearest; an end where the target lies beyond it; undefined where no value was a finite number.
 *   What is not finite only tells where not to look.
 */
export async function bisect(
  { low, high, target, steps }: Readonly<Record<'low' | 'high' | 'target' | 'steps', number>>,
  f: (x: number) => Promise<number>,
  round: (x: number) => number = (x) => x,
): Promise<Trial | undefined> {
  let best: Trial | undefined;
  const attempt = async (wanted: number): Promise<Trial> => {
    const x = round(wanted);
    const trial = { x, y: await f(x) };
    if (isKnown(trial) && (!best || Math.abs(trial.y - target) < Math.abs(best.y - target))) best = trial;
    return trial;
  };
  let left = await attempt(low);
  let right = await attempt(high);
  const ends = [left.y, right.y];
  const isBeyond = ends.every(Number.isFinite) && (target < Math.min(...ends) || target > Math.max(...ends));
  for (let step = 0; step < steps && !isBeyond && !(best && isNear(best.y, target)); step++) {
    const middle = await attempt((left.x + right.x) / 2);
    if (isRightOf(target, left, middle, right)) left = middle;
    else right = middle;
  }
  return best;
}

const isKnown = ({ y }: Trial): boolean => Number.isFinite(y);

/** Whether to go on to the right of the middle: where the target is, or away from an end that has no value. */
function isRightOf(target: number, left: Trial, middle: Trial, right: Trial): boolean {
  if (!isKnown(middle)) return !isKnown(left);
  const [first = middle, ...others] = [left, middle, right].filter(isKnown);
  const rises = (others.at(-1) ?? first).y >= first.y;
  return middle.y < target === rises;
}

const isNear = (y: number, target: number): boolean => Math.abs(y - target) <= 0.002 * Math.abs(target);
