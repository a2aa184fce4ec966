import type { Trace } from '../../../../engine/cache/policy/policy.ts';
import { createStreams, type Draw } from '../../../../engine/core/random.ts';

const dayS = 24 * 3600;

/**
 * Reads of listeners with daily habits: each listens on a day with a chance of their own, from nearly never to nearly always,
 * once or several times, and each time reads their list once or more within minutes.
 */
export function dailyHabits(keys: number, days: number, seed: string): Trace {
  const draw = createStreams(seed)('habits', 0);
  const habit = Float64Array.from({ length: keys }, () => draw() ** 1.5); // mean 0.4
  const reads: { key: number; timeS: number }[] = [];
  for (let day = 0; day < days; day++) {
    for (let key = 0; key < keys; key++) {
      if (draw() >= habit[key]!) continue;
      const sessions = oneOrMore(draw, (1 + 3 * habit[key]!) / (2 + 3 * habit[key]!));
      for (let session = 0; session < sessions; session++) {
        const beginS = (day + draw()) * dayS;
        const inSession = oneOrMore(draw, 0.5);
        for (let i = 0; i < inSession; i++) reads.push({ key, timeS: beginS + 180 * i });
      }
    }
  }
  reads.sort((a, b) => a.timeS - b.timeS);
  return {
    keys,
    refs: Uint32Array.from(reads, ({ key }) => key),
    timesS: Float64Array.from(reads, ({ timeS }) => timeS),
  };
}

/** 1, and one more for each time that chance goes on. */
function oneOrMore(draw: Draw, goingOn: number): number {
  let n = 1;
  while (draw() < goingOn) n += 1;
  return n;
}
