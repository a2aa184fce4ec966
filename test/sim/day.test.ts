import { describe, expect, it } from 'vitest';
import { DubplateError } from '../../engine/core/errors.ts';
import {
  type EventColumns,
  kindCode,
  noGeneration,
  noPosition,
  noTrack,
  sourceCode,
} from '../../engine/core/events.ts';
import { dayOf, startOfDay } from '../../engine/core/time.ts';
import { packSlates } from '../../scenarios/pack-slates.ts';
import { Heard } from '../../scenarios/scoring/heard.ts';
import { shadowDay } from '../../sim/shadow.ts';
import {
  type Answer,
  digestOfEvents,
  joined,
  livePast,
  nothing,
  type Row,
  rowsOf,
  runDay,
  simulateDay,
  smallWorld,
} from './support.ts';

const world = smallWorld();
const past = livePast(world);

/** Two engines that could not disagree more: the best tracks first (1), the worst first (−1). */
const rankings = new Map<string, Uint32Array>();
const ranked =
  (sign: 1 | -1): Answer =>
  (listener) => {
    const known = rankings.get(`${sign} ${listener}`);
    if (known) return { tracks: known, generation: 1 };
    const utilities = new Float64Array(300);
    world.truth.on(0).utilities(listener, 300, utilities);
    const order = Uint32Array.from({ length: 300 }, (_, t) => t).sort((a, b) => sign * (utilities[b]! - utilities[a]!));
    const tracks = order.slice(0, 100);
    rankings.set(`${sign} ${listener}`, tracks);
    return { tracks, generation: 1 };
  };

const days = [0, 1, 2, 3];
function liveOn(answer: Answer | undefined) {
  const crowd = past.crowd.clone();
  return { crowd, log: joined(days.flatMap((day) => runDay(world, crowd, day, answer))) };
}
const best = liveOn(ranked(1));
const worst = liveOn(ranked(-1));

/** Rows of which the claim is not true; expect() on every one of them would take most of the test's time. */
const against = (log: EventColumns, claim: (row: Row) => boolean): Row[] =>
  [...rowsOf(log)].filter((row) => !claim(row));

describe('a day', () => {
  it('gives the same log for the same seed, and another for another', () => {
    expect(digestOfEvents(livePast(smallWorld()).log)).toBe(digestOfEvents(past.log));
    expect(digestOfEvents(livePast(smallWorld({}, { seed: '1/1' })).log)).not.toBe(digestOfEvents(past.log));
  });

  it('asks for nothing in the past', () => {
    const running = simulateDay(world, past.crowd.clone(), 0, 'organic');
    expect(running.next().done).toBe(true);
  });

  it('asks for slates in batches, each after everything that happened before it', () => {
    const crowd = past.crowd.clone();
    const running = simulateDay(world, crowd, 0, 'served');
    const plain = joined(runDay(world, past.crowd.clone(), 0, nothing));
    let rows = 0;
    let requests = 0;
    let lastTimes = new Map<number, number>();
    for (let next = running.next(); !next.done; requests++) {
      const { listeners, times, events } = next.value;
      expect(new Set(listeners).size).toBe(listeners.length);
      expect([...listeners]).toEqual([...listeners].sort((a, b) => a - b));
      rows += events.length;
      // What was told so far is exactly the beginning of the day's log.
      expect([...events.user]).toEqual([...plain.user.subarray(rows - events.length, rows)]);
      const now = new Map(Array.from(listeners, (listener, i) => [listener, times[i]!]));
      for (const [listener, time] of now) expect(time).toBeGreaterThan(lastTimes.get(listener) ?? -1);
      lastTimes = new Map([...lastTimes, ...now]);
      next = running.next(packSlates(Array.from(listeners, () => ({ tracks: new Uint32Array(0), generation: 0 }))));
    }
    expect(requests).toBeGreaterThan(2);
  });

  it('refuses to go on with more or fewer answers than questions', () => {
    const running = simulateDay(world, past.crowd.clone(), 0, 'served');
    running.next();
    expect(() => running.next(packSlates([]))).toThrow(/slates were asked for, 0 came/);
  });

  it('refuses a slate with a track that is not out yet', () => {
    const last = world.catalogue.tracks.length - 1;
    const early: Answer = () => ({ tracks: new Uint32Array(20).fill(last), generation: 1 });
    expect(() => runDay(world, past.crowd.clone(), 0, early)).toThrow(/before it is out/);
  });

  it('is the organic day when nothing is shown', () => {
    expect(digestOfEvents(liveOn(nothing).log)).toBe(digestOfEvents(liveOn(undefined).log));
  });

  it('goes on down a list from one session to the next, and reads one that was made for the look from the top', () => {
    const falls = (answer: Answer): number => {
      const last = new Map<number, number>();
      let found = 0;
      for (const { user, position } of rowsOf(joined(runDay(world, past.crowd.clone(), 0, answer)))) {
        if (position === noPosition) continue;
        if (position < (last.get(user) ?? 0)) found += 1;
        last.set(user, position);
      }
      return found;
    };
    expect(falls(ranked(1))).toBe(0);
    expect(falls((...asked) => ({ ...ranked(1)(...asked), isFresh: true }))).toBeGreaterThan(10);
  });

  it('logs every row within its day, in the order of each listener’s time', () => {
    const crowd = past.crowd.clone();
    for (const day of days) {
      const last = new Map<number, number>();
      const log = joined(runDay(world, crowd, day, ranked(1)));
      const isInOrder = (row: Row): boolean => {
        if (row.kind === kindCode.churn) return dayOf(row.time) === day;
        const before = last.get(row.user) ?? startOfDay(day);
        last.set(row.user, row.time);
        return dayOf(row.time) === day && row.time >= before;
      };
      expect(against(log, isInOrder)).toEqual([]);
    }
  });

  it('plays nothing before it is out and nobody before they sign up', () => {
    const { listeners, tracks } = world.catalogue;
    for (const log of [best.log, past.log]) {
      expect(against(log, (row) => row.time >= listeners[row.user]!.signedUpAt)).toEqual([]);
      expect(against(log, (row) => row.track === noTrack || row.time >= tracks[row.track]!.releasedAt)).toEqual([]);
    }
  });

  it('fills the columns as the log promises', () => {
    const withPropensity: Answer = (listener, index, request) => {
      const slate = ranked(1)(listener, index, request);
      return { ...slate, propensity: Float32Array.from(slate.tracks, (_, p) => (p % 2 === 0 ? 0.5 : 1)) };
    };
    const { log } = liveOn(withPropensity);
    const isFromSlate = (row: Row): boolean => row.source === sourceCode.slate;
    expect(against(log, (row) => isFromSlate(row) === (row.position !== noPosition))).toEqual([]);
    expect(against(log, (row) => row.generation === (isFromSlate(row) ? 1 : noGeneration))).toEqual([]);
    expect(against(log, (row) => row.propensity === (isFromSlate(row) && row.position % 2 === 0 ? 0.5 : 1))).toEqual(
      [],
    );
    expect(against(log, (row) => (row.kind === kindCode.play) === row.playedMs >= 30_000)).toEqual([]);
    const hasNone = (row: Row): boolean => row.kind === kindCode.signup || row.kind === kindCode.churn;
    expect(against(log, (row) => hasNone(row) === (row.track === noTrack))).toEqual([]);
    const kinds = new Set(log.kind);
    for (const kind of ['play', 'skip', 'save', 'search', 'onboard', 'signup'] as const) {
      expect(kinds.has(kindCode[kind]), kind).toBe(true);
    }
  });

  it('welcomes a new listener with a sign-up, three to seven picks and a session on the same day', () => {
    const { log } = best;
    const newcomers = world.catalogue.listeners.map((_, l) => l).slice(200);
    for (const listener of newcomers) {
      const rows = [...rowsOf(log)].filter((row) => row.user === listener);
      expect(rows[0]?.kind).toBe(kindCode.signup);
      const picks = rows.filter((row) => row.kind === kindCode.onboard);
      expect(picks.length).toBeGreaterThanOrEqual(3);
      expect(picks.length).toBeLessThanOrEqual(7);
      const signedUpAt = world.catalogue.listeners[listener]!.signedUpAt;
      expect(past.crowd.isMember(listener)).toBe(false);
      const sameDay = rows.filter((row) => dayOf(row.time) === dayOf(signedUpAt) && row.playedMs > 0);
      // Who signs up in the last seconds of a day has no time for a play.
      if (signedUpAt % 86_400 < 86_000) expect(sameDay.length).toBeGreaterThan(0);
    }
  });
});

describe('twins', () => {
  const facts = (log: EventColumns, kind: number): string[] =>
    [...rowsOf(log)].filter((row) => row.kind === kind).map((row) => `${row.user} ${row.time} ${row.track}`);

  it('sign up, pick, leave and open sessions alike, whatever they are shown', () => {
    for (const kind of [kindCode.signup, kindCode.onboard, kindCode.churn]) {
      expect(facts(best.log, kind)).toEqual(facts(worst.log, kind));
    }
    expect(best.crowd.state.columns.sessionsOpened).toEqual(worst.crowd.state.columns.sessionsOpened);
    const requests = (sign: 1 | -1): string[] => {
      const crowd = past.crowd.clone();
      const asked: string[] = [];
      const answer: Answer = (listener, index, request) => {
        asked.push(`${listener} ${request.times[index]}`);
        return ranked(sign)(listener, index, request);
      };
      for (const day of days) runDay(world, crowd, day, answer);
      return asked;
    };
    expect(requests(1)).toEqual(requests(-1));
  });

  it('make the same organic choice where nothing they were shown has come between', () => {
    const firsts = (log: EventColumns): Map<number, string> => {
      const first = new Map<number, string>();
      for (const row of rowsOf(log)) {
        // From the second day on, the charts know what the arms did on the first.
        if (row.time >= startOfDay(1) || row.playedMs === 0 || first.has(row.user)) continue;
        first.set(row.user, `${row.source} ${row.track} ${row.playedMs} ${row.time}`);
      }
      return first;
    };
    const a = firsts(best.log);
    const b = firsts(worst.log);
    const slate = `${sourceCode.slate} `;
    const organic = [...a].filter(([user, play]) => !play.startsWith(slate) && !b.get(user)?.startsWith(slate));
    expect(organic.length).toBeGreaterThan(20);
    for (const [user, play] of organic) expect(b.get(user)).toBe(play);
  });

  it('are not indifferent: good slates are skipped less than bad ones', () => {
    const skipShare = (log: EventColumns): number => {
      const met = [...rowsOf(log)].filter((row) => row.source === sourceCode.slate && row.kind <= kindCode.skip);
      return met.filter((row) => row.kind === kindCode.skip).length / met.length;
    };
    expect(skipShare(best.log)).toBeLessThan(skipShare(worst.log) - 0.3);
  });

  it('look less and less the further down the slate', () => {
    const random: Answer = (listener) => {
      const draw = world.streams('test slates', listener);
      const keys = Float64Array.from({ length: 300 }, () => draw());
      const tracks = Uint32Array.from({ length: 300 }, (_, t) => t).sort((a, b) => keys[a]! - keys[b]!);
      return { tracks: tracks.subarray(0, 200), generation: 9 };
    };
    const bands = [0, 0, 0, 0, 0];
    for (const row of rowsOf(liveOn(random).log)) {
      if (row.source === sourceCode.slate && row.kind <= kindCode.skip)
        bands[Math.min(4, Math.floor(row.position / 10))]! += 1;
    }
    for (let band = 1; band < 4; band++) expect(bands[band]).toBeLessThan(bands[band - 1]!);
  });
});

describe('shadow sessions', () => {
  const panel = Uint32Array.from({ length: 205 }, (_, l) => l);

  it('find unheard music, leave out strangers, and change nothing', () => {
    const crowd = past.crowd.clone();
    const heard = new Heard(world.catalogue.listeners.length);
    heard.observe(past.log);
    const met = world.catalogue.listeners.map((_, listener) => new Set(heard.tracks(listener)));
    const before = crowd.clone().state;
    const shadow = shadowDay(world, crowd, 0, panel);
    expect(digestOfEvents(shadowDay(world, crowd, 0, panel))).toBe(digestOfEvents(shadow));
    expect(crowd.state).toEqual(before);
    expect(digestOfEvents(joined(runDay(world, crowd, 0)))).toBe(
      digestOfEvents(joined(runDay(world, past.crowd.clone(), 0))),
    );
    const satisfied = [...rowsOf(shadow)].filter((row) => row.kind === kindCode.play && !met[row.user]!.has(row.track));
    const members = [...panel].filter((listener) => past.crowd.isMember(listener));
    expect(satisfied.length / members.length).toBeGreaterThan(3);
    expect([...shadow.user].every((user) => past.crowd.isMember(user))).toBe(true);
    expect(satisfied.some((row) => world.catalogue.tracks[row.track]!.releasedAt > startOfDay(-7))).toBe(true);
  });

  it('depend on the listener and the day alone, not on who else is in the panel', () => {
    const alone = shadowDay(world, past.crowd, 0, Uint32Array.of(42));
    const among = [...rowsOf(shadowDay(world, past.crowd, 0, panel))].filter((row) => row.user === 42);
    expect([...rowsOf(alone)]).toEqual(among);
  });
});

describe('a track that is met again', () => {
  it('is heard anew: skipped as far as it is disliked, and not at the same moment', () => {
    const last = new Map<string, Row>();
    let [alike, skippedBoth, skippedFirst] = [0, 0, 0];
    for (const row of rowsOf(past.log)) {
      if (row.source !== sourceCode.search || (row.kind !== kindCode.play && row.kind !== kindCode.skip)) continue;
      const pair = `${row.user} ${row.track}`;
      const before = last.get(pair);
      last.set(pair, row);
      if (before?.kind !== kindCode.skip) continue;
      skippedFirst++;
      if (row.kind !== kindCode.skip) continue;
      skippedBoth++;
      if (row.playedMs === before.playedMs) alike++;
    }
    expect(skippedFirst).toBeGreaterThan(200);
    expect(skippedBoth / skippedFirst).toBeLessThan(0.8);
    expect(alike / skippedBoth).toBeLessThan(0.02);
  });
});

describe('the audit', () => {
  it('passes after the past and after served days', () => {
    expect(() => past.crowd.audit()).not.toThrow();
    expect(() => best.crowd.audit()).not.toThrow();
    expect(() => worst.crowd.audit()).not.toThrow();
  });

  it.each(['plays', 'skips', 'saves', 'searches', 'picks', 'sessionsClosed'] as const)(
    'notices a tampered count of %s',
    (name) => {
      const crowd = past.crowd.clone();
      crowd.state.columns[name][3]! += 1;
      expect(() => crowd.audit()).toThrow(DubplateError);
    },
  );
});
