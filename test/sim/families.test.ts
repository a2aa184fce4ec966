import { describe, expect, it } from 'vitest';
import { kindCode } from '../../engine/core/events.ts';
import { trackFrom } from '../../sim/attention.ts';
import { createCrowd } from '../../sim/crowd.ts';
import { dayparts, freshMoment } from '../../sim/moment.ts';
import { familyNames } from '../../sim/options.ts';
import { livePast, rowsOf, smallWorld } from './support.ts';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a moment', () => {
  it.each(familyNames.filter((family) => family !== 'context'))('changes nothing in the %s family', (family) => {
    const truth = smallWorld({}, { family }).truth.on(0);
    expect(truth.hasMoods).toBe(false);
    for (const daypart of range(dayparts)) {
      expect(truth.liking(3, 5, { daypart, scene: 1, run: 4, newFrom: 0 })).toBe(truth.score(3, 5));
    }
  });

  const { truth: trueTaste, data, people } = smallWorld({}, { family: 'context' });
  const truth = trueTaste.on(0);
  const at = (listener: number, track: number, moment = {}): number =>
    truth.liking(listener, track, { ...freshMoment(), ...moment });

  it('pulls to energy at some times of the day and away at others, and leaves taste as it is on average', () => {
    const spread: number[] = [];
    for (const listener of range(60)) {
      for (const track of range(20)) {
        const likings = range(dayparts).map((daypart) => at(listener, track, { daypart }));
        expect(Math.abs(mean(likings) - truth.score(listener, track))).toBeLessThan(4);
        spread.push(Math.max(...likings) - Math.min(...likings));
      }
    }
    expect(mean(spread) / 4096).toBeGreaterThan(0.4);
    // The pull is one number a listener and daypart: more energy moves more, in the same direction.
    const energies = range(300).map((track) => data.rows.bytes[track * data.rows.stride + 1]!);
    const [calm, loud] = [energies.indexOf(Math.min(...energies)), energies.indexOf(Math.max(...energies))];
    for (const listener of range(20)) {
      const moved = (track: number): number => at(listener, track, { daypart: 1 }) - truth.score(listener, track);
      if (Math.abs(moved(loud)) > 400) expect(Math.sign(moved(loud))).toBe(-Math.sign(moved(calm)));
    }
  });

  it('tires of one scene the longer it lasts, up to a point', () => {
    const scene = data.trackScene[7]!;
    const likings = range(7).map((run) => at(2, 7, { scene, run }));
    for (const run of [1, 2, 3, 4]) expect(likings[run]).toBeLessThan(likings[run - 1]!);
    expect(likings[6]).toBe(likings[4]);
    expect(at(2, 7, { scene: scene + 1, run: 4 })).toBe(likings[0]);
  });

  it('likes news if one explores, and not if one does not', () => {
    const byExploring = range(200).sort((a, b) => people.explore[a]! - people.explore[b]!);
    const [homely, curious] = [byExploring[0]!, byExploring[199]!];
    const gain = (listener: number): number => at(listener, 9, { newFrom: 9 }) - at(listener, 9, { newFrom: 10 });
    expect(gain(homely)).toBeLessThan(0);
    expect(gain(curious)).toBeGreaterThan(gain(homely) + 1000);
  });
});

describe('contagion', () => {
  const world = smallWorld({ contagion: 2 }, { family: 'social' });
  const timesIn = (played: Uint32Array | undefined, track: number, from = world): number => {
    const attention = from.attentionOn(0, played);
    let times = 0;
    for (let word = 0; word < 512; word++) if (trackFrom(attention, 0, word * 2 ** 23) === track) times++;
    return times;
  };

  it('makes people talk of what was played yesterday, the more the more it was', () => {
    const played = new Uint32Array(world.releases.artist.length);
    const shares = [0, 1, 20, 4000].map((plays) => {
      played[50] = plays;
      return timesIn(played, 50);
    });
    expect(shares[3]).toBeGreaterThan(shares[2]!);
    expect(shares[2]).toBeGreaterThan(shares[1]!);
    expect(shares[1]).toBeGreaterThanOrEqual(shares[0]!);
  });

  it('is not there in other families, nor at 0', () => {
    const played = new Uint32Array(world.releases.artist.length + 100).fill(0);
    played[50] = 4000;
    const still = smallWorld({ contagion: 0 }, { family: 'social' });
    const latent = smallWorld({ contagion: 2 });
    for (const from of [still, latent]) expect(timesIn(played, 50, from)).toBe(timesIn(undefined, 50, from));
  });

  it('concentrates listening', () => {
    const topShare = (contagion: number): number => {
      const { log } = livePast(smallWorld({ contagion }, { family: 'social' }));
      const plays = new Map<number, number>();
      let total = 0;
      for (const row of rowsOf(log)) {
        if (row.kind !== kindCode.play) continue;
        plays.set(row.track, (plays.get(row.track) ?? 0) + 1);
        total += 1;
      }
      const sorted = [...plays.values()].sort((a, b) => b - a);
      return sorted.slice(0, 15).reduce((sum, count) => sum + count, 0) / total;
    };
    expect(topShare(4)).toBeGreaterThan(topShare(0) + 0.02);
  });

  it('begins with nothing played', () => {
    const crowd = createCrowd(world);
    expect(timesIn(crowd.state.charts.played, 50)).toBe(timesIn(undefined, 50));
  });
});
