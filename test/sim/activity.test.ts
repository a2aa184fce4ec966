import { describe, expect, it } from 'vitest';
import { activeChance, levels, rateOf, sessionsOf } from '../../sim/activity.ts';
import { maxSessionsPerDay } from '../../sim/steps.ts';

/** Mean sessions of an active day at a level, over every value of the 16 random bits. */
function sessionsWhenActive(level: number): number {
  let sum = 0;
  for (let bits = 0; bits < 65_536; bits++) sum += sessionsOf(level, bits);
  return sum / 65_536;
}

describe('activity', () => {
  it('makes as many sessions a day as the level says, where the day has room for them', () => {
    // Up to 1.5 a day, Poisson(r + 1.6) exceeds the room of a day less than once in a hundred.
    const roomy = Array.from({ length: levels }, (_, level) => level).filter((level) => rateOf(level) <= 1.5);
    expect(roomy.length).toBeGreaterThan(100);
    for (const level of roomy.filter((level) => level % 10 === 0)) {
      const rate = rateOf(level);
      const mean = (activeChance[level]! / 65_536) * sessionsWhenActive(level);
      expect(Math.abs(mean / rate - 1), `level ${level}`).toBeLessThan(0.01);
      expect(sessionsWhenActive(level), `level ${level}`).toBeCloseTo(rate + 2.6, 1);
    }
  });

  it('has at least one session on an active day, and at most a day has room for', () => {
    expect(sessionsOf(0, 0)).toBe(1);
    expect(sessionsOf(levels - 1, 65_535)).toBe(maxSessionsPerDay);
  });
});
