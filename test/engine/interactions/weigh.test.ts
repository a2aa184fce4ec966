import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBuffer, type EventColumns, type EventKind, kindCode, noTrack } from '../../../engine/core/events.ts';
import { secondsPerDay } from '../../../engine/core/time.ts';
import { sparseRow } from '../../../engine/interactions/csr.ts';
import { chartHalfLifeDays, InteractionLedger } from '../../../engine/interactions/weigh.ts';

const options = { halfLifeDays: 10, minimum: 0.3, play: 1, save: 2, onboard: 3 };
const [users, tracks] = [6, 8];

interface Happening {
  readonly user: number;
  readonly track: number;
  readonly time: number;
  readonly kind: EventKind;
}
const happenings = fc
  .array(
    fc.record({
      user: fc.nat(users - 1),
      track: fc.nat(tracks - 1),
      time: fc.integer({ min: -20 * secondsPerDay, max: 20 * secondsPerDay }),
      kind: fc.constantFrom<EventKind>('play', 'play', 'skip', 'save', 'onboard', 'search', 'signup'),
    }),
    { maxLength: 80 },
  )
  .map((events) => events.sort((a, b) => a.time - b.time));

function columnsOf(events: readonly Happening[]): EventColumns {
  const buffer = new EventBuffer();
  for (const { kind, track, ...rest } of events) {
    const about = { playedMs: 0, source: 0, position: -1, generation: -1, propensity: 1 };
    buffer.push({ ...rest, ...about, kind: kindCode[kind], track: kind === 'signup' ? noTrack : track });
  }
  return buffer.slice();
}

function ledgerOf(...stretches: readonly (readonly Happening[])[]): InteractionLedger {
  const ledger = new InteractionLedger(options);
  for (const stretch of stretches) ledger.fold(columnsOf(stretch));
  return ledger;
}
const now = 30 * secondsPerDay;

describe('weighing interactions', () => {
  it('sums what each positive event is worth, halved every half-life', () => {
    const amounts: Partial<Record<EventKind, number>> = { play: 1, save: 2, onboard: 3 };
    fc.assert(
      fc.property(happenings, (events) => {
        const { weights } = ledgerOf(events).at(now, users, tracks);
        for (let user = 0; user < users; user++) {
          const { rows, weights: found } = sparseRow(weights, user);
          for (let track = 0; track < tracks; track++) {
            let r = 0;
            for (const event of events) {
              if (event.user !== user || event.track !== track) continue;
              r += (amounts[event.kind] ?? 0) * 0.5 ** ((now - event.time) / (10 * secondsPerDay));
            }
            const at = rows.indexOf(track);
            if (at >= 0) expect(found[at]! / r).toBeCloseTo(1, 5);
            else expect(r).toBeLessThan(options.minimum * (1 + 1e-6));
          }
        }
      }),
    );
  });

  it('folds day by day to the same bits as all at once, whenever it is read in between', () => {
    fc.assert(
      fc.property(happenings, fc.nat(80), fc.nat(80), (events, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const piecewise = new InteractionLedger(options);
        for (const stretch of [events.slice(0, from), events.slice(from, to), events.slice(to)]) {
          piecewise.fold(columnsOf(stretch));
          piecewise.at(now, users, tracks);
        }
        expect(piecewise.at(now, users, tracks)).toEqual(ledgerOf(events).at(now, users, tracks));
      }),
    );
  });

  it('does not care in which order different pairs were logged', () => {
    fc.assert(
      fc.property(happenings, (events) => {
        const byPair = [...events].sort((a, b) => b.user - a.user || b.track - a.track);
        const { recentPlays: _, ...one } = ledgerOf(events).at(now, users, tracks);
        const { recentPlays: __, ...other } = ledgerOf(byPair).at(now, users, tracks);
        expect(other).toEqual(one);
      }),
    );
  });

  it('counts plays, listeners, interactions and what was heard, as a plain count does', () => {
    fc.assert(
      fc.property(happenings, (events) => {
        const ledger = ledgerOf(events);
        ledger.audit();
        const { plays, listeners, interactions, heard } = ledger.at(now, users, tracks);
        for (let track = 0; track < tracks; track++) {
          const played = events.filter((e) => e.track === track && e.kind === 'play');
          expect(plays[track]).toBe(played.length);
          expect(listeners[track]).toBe(new Set(played.map((e) => e.user)).size);
        }
        for (let user = 0; user < users; user++) {
          const own = events.filter((e) => e.user === user);
          expect(interactions[user]).toBe(own.filter((e) => ['play', 'save', 'onboard'].includes(e.kind)).length);
          const met = own.filter((e) => ['play', 'skip', 'onboard'].includes(e.kind)).map((e) => e.track);
          const expected = [...new Set(met)].sort((a, b) => a - b);
          expect([...heard.indices.subarray(heard.indptr[user], heard.indptr[user + 1])]).toEqual(expected);
        }
      }),
    );
  });

  it('says of one user what it says of all', () => {
    fc.assert(
      fc.property(happenings, fc.nat(users - 1), (events, user) => {
        const ledger = ledgerOf(events);
        const all = ledger.at(now, users, tracks);
        const one = ledger.ofUser(user, now, tracks);
        expect(one.history).toEqual({ ...sparseRow(all.weights, user) });
        expect(one.heard).toEqual(all.heard.indices.slice(all.heard.indptr[user], all.heard.indptr[user + 1]));
        expect(one.interactions).toBe(all.interactions[user]);
      }),
    );
  });

  it('lets the charts follow the week: a play a chart half-life ago counts one half', () => {
    const play = (track: number, time: number): Happening => ({ user: 0, track, time, kind: 'play' });
    const before = now - chartHalfLifeDays * secondsPerDay;
    const { recentPlays } = ledgerOf([play(1, before), play(1, before), play(2, now)]).at(now, users, tracks);
    expect([...recentPlays.subarray(0, 3)]).toEqual([0, 1, 1]);
  });

  it('refuses to look at fewer listeners or tracks than the log names', () => {
    const ledger = ledgerOf([{ user: 5, track: 7, time: 0, kind: 'play' }]);
    expect(() => ledger.at(now, 5, tracks)).toThrow('outside the catalogue');
    expect(() => ledger.at(now, users, 7)).toThrow('outside the catalogue');
  });
});
