import { describe, expect, it } from 'vitest';
import { familyNames } from '../../sim/options.ts';
import { smallWorld } from './support.ts';

const moments = (values: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
};

describe.each(familyNames)('taste in the %s family', (family) => {
  const listeners = Array.from({ length: 60 }, (_, l) => l * 3);

  it.each([0, 0.25, 0.5, 1])('has %f of its variance carried by the sound, as the dial says', (acousticShare) => {
    const world = smallWorld({ tracks: 500, acousticShare, fameWeight: 0 }, { family });
    const shares = listeners.map((l) => {
      const taste = world.catalogue.tracks.slice(0, 500).map((_, t) => world.truth.on(0).utility(l, t));
      const sound = world.catalogue.tracks.slice(0, 500).map((_, t) => world.truth.on(0).soundMatch(l, t));
      const { mean, variance } = moments(taste);
      const { mean: soundMean, variance: soundVariance } = moments(sound);
      const covariance = moments(taste.map((u, t) => (u - mean) * (sound[t]! - soundMean))).mean;
      // R² of taste on the sound: what one who hears perfectly could explain.
      return covariance ** 2 / (variance * soundVariance);
    });
    expect(moments(shares).mean).toBeCloseTo(acousticShare, 1);
  });

  it('has mean 0 and variance 1 over the tracks of every listener', () => {
    const world = smallWorld({ tracks: 500, fameWeight: 0 }, { family });
    const all = listeners.map((l) =>
      moments(world.catalogue.tracks.slice(0, 500).map((_, t) => world.truth.on(0).utility(l, t))),
    );
    expect(moments(all.map((m) => m.mean)).mean).toBeCloseTo(0, 1);
    // The two parts are drawn independently, but over some hundred tracks they correlate a little by chance.
    expect(Math.abs(moments(all.map((m) => m.variance)).mean - 1)).toBeLessThan(0.1);
  });

  it('makes fame common to all and the rest not', () => {
    const world = smallWorld({ tracks: 500, fameWeight: 1, acousticShare: 0.5 }, { family });
    const plain = smallWorld({ tracks: 500, fameWeight: 0, acousticShare: 0.5 }, { family });
    for (const track of [0, 10, 400]) {
      expect(world.truth.on(0).utility(5, track) - plain.truth.on(0).utility(5, track)).toBeCloseTo(
        world.artists.fame[track]! / 4096,
        2,
      );
    }
  });

  it('gives friends of one scene more alike tastes than strangers', () => {
    const world = smallWorld({ tracks: 500 }, { family });
    const taste = listeners.map((l) =>
      world.catalogue.tracks.slice(0, 500).map((_, t) => world.truth.on(0).hiddenMatch(l, t)),
    );
    const alike = { friends: [] as number[], strangers: [] as number[] };
    listeners.forEach((a, i) => {
      listeners.slice(0, i).forEach((b, j) => {
        const product = moments(taste[i]!.map((u, t) => u * taste[j]![t]!)).mean;
        alike[world.people.scenes[a * 3] === world.people.scenes[b * 3] ? 'friends' : 'strangers'].push(product);
      });
    });
    expect(moments(alike.friends).mean).toBeGreaterThan(moments(alike.strangers).mean + 0.2);
  });

  it('answers for all tracks as for each', () => {
    const world = smallWorld({}, { family });
    const out = new Float64Array(300);
    world.truth.on(0).utilities(11, 300, out);
    expect([...out]).toEqual(Array.from({ length: 300 }, (_, t) => world.truth.on(0).utility(11, t)));
  });
});
