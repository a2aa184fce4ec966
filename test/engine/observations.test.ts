import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBuffer, type EventColumns, type EventKind, kindCode, pickEvents } from '../../engine/core/events.ts';
import { InteractionLedger } from '../../engine/interactions/weigh.ts';
import { Observations } from '../../engine/observations.ts';

const options = { halfLifeDays: 10, minimum: 0.3, play: 1, save: 2, onboard: 3 };
const [users, tracks, now] = [6, 5, 1e6];

const stretch = (from: number, to: number) =>
  fc
    .array(
      fc.record({
        user: fc.integer({ min: from, max: to - 1 }),
        track: fc.nat(tracks - 1),
        time: fc.nat(now),
        kind: fc.constantFrom<EventKind>('play', 'play', 'skip', 'save', 'onboard', 'search'),
      }),
      { maxLength: 20 },
    )
    .map((events): EventColumns => {
      const buffer = new EventBuffer();
      const about = { playedMs: 0, source: 0, position: -1, generation: -1, propensity: 1 };
      for (const { kind, ...rest } of events) buffer.push({ ...rest, ...about, kind: kindCode[kind] });
      return buffer.slice();
    });

describe('observations', () => {
  it('answer by day and by night as a ledger that folds everything at once', () => {
    // Users from 4 on sign up after the first night.
    const past = fc.array(stretch(0, 4), { maxLength: 4 });
    const day = fc.array(stretch(0, users), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(past, day, fc.integer({ min: 4, max: users - 1 }), (before, after, newcomer) => {
        const ledger = new InteractionLedger(options);
        const observations = new Observations(options);
        for (const events of before) {
          ledger.fold(events);
          observations.observe(events);
        }
        expect(observations.at(now, 4, tracks)).toEqual(ledger.at(now, 4, tracks));
        const known = ledger.ofUser(1, now, tracks);
        for (const events of after) {
          ledger.fold(events);
          observations.notice(events);
          expect(observations.ofUser(newcomer, now, tracks)).toEqual(ledger.ofUser(newcomer, now, tracks));
          expect(observations.ofUser(1, now, tracks)).toEqual(known);
        }
        for (const events of after) observations.observe(events);
        expect(observations.plays()).toBe(ledger.playsFolded);
        expect(observations.at(now, users, tracks)).toEqual(ledger.at(now, users, tracks));
        observations.audit();
      }),
    );
  });
});

describe('observations where everyone is folded in', () => {
  it('tell of each user, at any moment, what a ledger says that has folded all that they did by then', () => {
    const day = fc.array(stretch(0, users), { minLength: 1, maxLength: 5 });
    const upTo = (events: EventColumns, end: number) =>
      pickEvents(
        events,
        Uint32Array.from({ length: events.length }, (_, row) => row).filter((row) => events.time[row]! <= end),
      );
    fc.assert(
      fc.property(day, day, fc.nat(users - 1), fc.nat(now), (before, after, user, moment) => {
        const observations = new Observations(options, 'everyone');
        const folded = new InteractionLedger(options);
        for (const events of before) {
          folded.fold(events);
          observations.observe(events);
        }
        observations.at(0, users, tracks);
        for (const events of after) {
          folded.fold(upTo(events, moment));
          observations.notice(events);
        }
        expect(observations.ofUser(user, moment, tracks)).toEqual(folded.ofUser(user, moment, tracks));
      }),
    );
  });

  it('keep what goes on beyond a refresh, though it is no part of it', () => {
    const day = fc.array(stretch(0, users), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(day, fc.nat(users - 1), fc.nat(now), (lived, user, refreshAt) => {
        const observations = new Observations(options, 'everyone');
        const all = new InteractionLedger(options);
        observations.at(0, users, tracks);
        const isPast = (events: EventColumns, row: number): boolean => events.time[row]! < refreshAt;
        const some = (events: EventColumns, past: boolean) =>
          pickEvents(
            events,
            Uint32Array.from({ length: events.length }, (_, row) => row).filter((row) => isPast(events, row) === past),
          );
        for (const events of lived) observations.notice(events);
        for (const events of lived) observations.observe(some(events, true));
        for (const past of [true, false]) for (const events of lived) all.fold(some(events, past));
        observations.at(refreshAt, users, tracks);
        expect(observations.ofUser(user, now, tracks)).toEqual(all.ofUser(user, now, tracks));
      }),
    );
  });
});

describe('picking events', () => {
  it('takes rows in the order given, with all their columns', () => {
    const buffer = new EventBuffer();
    for (let i = 0; i < 5; i++) {
      const what = {
        time: 3 * i,
        kind: i % 3,
        playedMs: 10 * i,
        source: 1,
        position: i,
        generation: 7,
        propensity: 0.5,
      };
      buffer.push({ user: i, track: 2 * i, ...what });
    }
    const picked = pickEvents(buffer.slice(), Uint32Array.of(4, 1));
    const alone = new EventBuffer();
    alone.append(buffer.slice(4, 5));
    alone.append(buffer.slice(1, 2));
    expect(picked).toEqual(alone.slice());
  });
});
