import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heard, heardLists } from '../../scenarios/scoring/heard.ts';

describe('heard tracks', () => {
  it('are all that a listener met, once each and ascending', () => {
    const meetings = fc.array(fc.tuple(fc.nat(2), fc.nat(60)), { maxLength: 300 });
    fc.assert(
      fc.property(meetings, (pairs) => {
        const heard = new Heard(3);
        const model = [0, 1, 2].map(() => new Set<number>());
        for (const [listener, track] of pairs) {
          heard.add(listener, track);
          model[listener]!.add(track);
        }
        model.forEach((tracks, listener) => {
          expect([...heard.tracks(listener)]).toEqual([...tracks].sort((a, b) => a - b));
        });
        const panel = Uint32Array.of(0, 2);
        const lists = heardLists(
          panel,
          Array.from(panel, (listener) => heard.tracks(listener)),
        );
        for (const [listener, track] of pairs) expect(lists.hasHeard(listener, track)).toBe(listener !== 1);
        expect(lists.heardBy(2)).toEqual(heard.tracks(2));
      }),
      { numRuns: 50 },
    );
  });

  it('are kept apart for listeners of different blocks', () => {
    const heard = new Heard(8192 + 2);
    heard.add(0, 5);
    heard.add(8192, 6);
    expect([[...heard.tracks(0)], [...heard.tracks(8192)], [...heard.tracks(1)]]).toEqual([[5], [6], []]);
  });
});
