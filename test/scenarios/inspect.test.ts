import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  EventBuffer,
  type EventColumns,
  eventSources,
  kindCode,
  noTrack,
  sourceCode,
} from '../../engine/core/events.ts';
import { block, keyInto, wordAt } from '../../engine/core/random.ts';
import { startOfDay } from '../../engine/core/time.ts';
import { dayName } from '../../scenarios/event-log.ts';
import type { Inspection } from '../../scenarios/inspect/inspection.ts';
import { cacheAge, type Life, relive } from '../../scenarios/inspect/relive.ts';
import { favouritesOf, tasteOf } from '../../scenarios/inspect/taste.ts';
import { listenerLayout, listenerTable } from '../../sim/actors/listener.ts';
import { positionWords } from '../../sim/choice.ts';
import { readEvents, writeEvents } from '../../sim/log.ts';
import { familyNames } from '../../sim/options.ts';
import { type Reaction, react } from '../../sim/reaction.ts';
import { stepOf, wordOf } from '../../sim/steps.ts';
import { unit } from '../../sim/units.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { type Answer, joined, livePast, type Row, rowsOf, runDay, smallWorld } from '../sim/support.ts';
import { runTiny, say, tinyScenario } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...parts: string[]): string => join(folder, ...parts);
beforeAll(() => runTiny(at('run')));

/** The rows of one listener by day. */
function byDay(log: EventColumns, listener: number): (day: number) => Row[] {
  const rows = [...rowsOf(log)].filter(({ user }) => user === listener);
  return (day) => rows.filter(({ time }) => time >= startOfDay(day) && time < startOfDay(day + 1));
}

/** Everything that was played: the same numbers as the rows of the log. */
const playsOf = ({ days }: Pick<Life, 'days'>) =>
  days.flatMap(({ sessions }) => sessions.flatMap(({ plays }) => plays));

describe('a life lived again', () => {
  /** People come, lapse, return and leave much more often than they would. */
  const restless = { lapsePerDay: 0.06, churnPerDay: 0.004, cohorts: { all: { listeners: 60, explore: 0.4 } } };

  it.each(familyNames)('ends for everybody as the simulation left them: same state, same counters (%s)', (family) => {
    const world = smallWorld(restless, { family, historyDays: 24, days: 3 });
    const { crowd, log: past } = livePast(world);
    const answer: Answer = (listener) => ({
      tracks: Uint32Array.from({ length: 40 }, (_, i) => (listener * 7 + i * 3) % 250),
      generation: 1,
    });
    const log = joined([past, ...[0, 1, 2].flatMap((day) => runDay(world, crowd, day, answer))]);
    const { columns } = crowd.state;
    const seen = new Set<string>();
    for (let listener = 0; listener < columns.state.length; listener += family === 'latent' ? 1 : 7) {
      const life = relive(world, listener, byDay(log, listener));
      expect(life.state, `u${listener}`).toBe(listenerTable.states[columns.state[listener]!]);
      for (const name of Object.keys(listenerLayout) as (keyof typeof listenerLayout)[]) {
        expect(life.counters[name], `${name} of u${listener}`).toBe(columns[name][listener]);
      }
      for (const { changes } of life.days) for (const { event } of changes) seen.add(event);
    }
    if (family === 'latent') {
      expect([...seen].sort()).toEqual(
        // biome-ignore format: one line
        ['churn.due', 'day.ended', 'lapse.due', 'listener.recalled', 'listener.signedUp', 'onboarding.finished', 'return.due'],
      );
    }
  });

  it.each([0, 1])('knows the mood of every play as the simulation did: reactions follow from it, drift %d', (drift) => {
    const world = smallWorld({ drift }, { family: 'context', historyDays: 10, days: 0 });
    const { log } = livePast(world);
    const reaction: Reaction = { isSatisfied: false, playedMs: 0, isSaved: false, isKept: false };
    let moods = 0;
    for (const listener of [3, 30, 60, 90]) {
      for (const { day, sessions } of relive(world, listener, byDay(log, listener)).days) {
        keyInto(world.keys.position, listener, stepOf(day));
        const [key0, key1] = [block[0]!, block[1]!];
        for (const [session, { plays }] of sessions.entries()) {
          for (const [position, { track, source, mood, isSatisfied, playedMs }] of plays.entries()) {
            if (source === 'library') {
              expect(mood).toBe(0);
              continue;
            }
            const liking = Math.round((world.truth.on(day).utility(listener, track) + mood) * unit);
            const word = wordOf(session, position) + positionWords.reaction;
            const [word0, word1] = [wordAt(key0, key1, word), wordAt(key0, key1, word + 1)];
            react(liking, sourceCode[source], world.secondsOf(track) * 1000, word0, word1, reaction);
            expect(reaction).toMatchObject({ isSatisfied, playedMs });
            if (mood !== 0) moods++;
          }
        }
      }
    }
    expect(moods).toBeGreaterThan(50);
  });

  it('is refused when the log tells of something that cannot have happened', () => {
    const world = smallWorld({}, { historyDays: 5, days: 0 });
    const { log } = livePast(world);
    const listener = log.user[0]!;
    const told = (change: (rows: Row[]) => Row[]) => () =>
      relive(world, listener, (day) => (day === -5 ? change(byDay(log, listener)(day)) : byDay(log, listener)(day)));
    expect(told((rows) => rows)).not.toThrow();
    const extra = (more: Partial<Row>): Row => ({
      ...byDay(log, listener)(-5)[0]!,
      time: startOfDay(-5),
      ...more,
    });
    expect(told((rows) => [extra({ kind: kindCode.signup, track: noTrack }), ...rows])).toThrow(/disagree/);
    expect(told((rows) => [...rows, extra({ kind: kindCode.churn, track: noTrack })])).toThrow(/nothing more/);
    expect(told((rows) => [extra({ kind: kindCode.save }), ...rows])).toThrow(/disagree/);
  });

  it('counts the age of a list from the refresh that made it', () => {
    const [hour, day] = [3600, 86_400];
    expect(cacheAge(0, 1)).toBe(0);
    expect(cacheAge(5 * day + 23 * hour, 6)).toBe(0);
    expect(cacheAge(5 * day, 3)).toBe(3);
    expect(cacheAge(day + 13 * hour, 7, 6)).toBe(0); // made at 12:00 of that day
    expect(cacheAge(3 * day + hour, 2, 48)).toBe(1);
  });
});

describe('true taste', () => {
  const pairs = (world: World): [number, number][] =>
    Array.from({ length: 200 }, (_, i) => [(i * 7) % world.arrivals.signedUpAt.length, (i * 13) % 300]);

  it.each(familyNames)('is the sum of its parts, and of no others than the dials say (%s)', (family) => {
    for (const drift of [0, 0.2]) {
      const world = smallWorld({ idiosyncrasy: 0.3, fameWeight: 0.5, drift }, { family });
      for (const [listener, track] of pairs(world)) {
        const { utility, sound, hidden, fame, chance } = tasteOf(world, 90, listener, track);
        expect(Math.abs(sound + hidden + fame + chance - utility)).toBeLessThan(2 / unit);
      }
    }
    const shared = smallWorld({ idiosyncrasy: 0 }, { family });
    for (const [listener, track] of pairs(shared)) expect(Math.abs(tasteOf(shared, 0, listener, track).chance)).toBe(0);
    const noFame = smallWorld({ fameWeight: 0, acousticShare: 1 }, { family });
    for (const [listener, track] of pairs(noFame)) {
      const { fame, hidden, sound, utility } = tasteOf(noFame, 0, listener, track);
      expect(Math.abs(fame) + Math.abs(hidden)).toBe(0);
      expect(sound).toBeCloseTo(utility, 2);
    }
  });

  it('leaves to chance the variance that the dial says', () => {
    const world = smallWorld({ idiosyncrasy: 0.4, acousticShare: 0.5 });
    const chances = pairs(world).map(([listener, track]) => tasteOf(world, 0, listener, track).chance);
    const variance = chances.reduce((sum, chance) => sum + chance * chance, 0) / chances.length;
    expect(variance).toBeGreaterThan(0.2 * 0.7);
    expect(variance).toBeLessThan(0.2 * 1.4);
  });

  it('puts the best liked of the whole catalogue first', () => {
    const world = smallWorld();
    const best = favouritesOf(world, 0, 5, 7);
    const utilities = best.map((track) => world.truth.on(0).utility(5, track));
    expect(utilities).toEqual([...utilities].sort((a, b) => b - a));
    const better = Array.from({ length: world.releases.releasedAt.length }, (_, t) =>
      world.truth.on(0).utility(5, t),
    ).filter((utility) => utility > utilities[6]!);
    expect(better).toHaveLength(6);
  });
});

const logOf = (arm: string, day: number, run = 'run'): EventColumns =>
  readEvents(at(run, arm, 'latent-0', 'events', `${dayName(day)}.arrow`));
const allDays = [-3, -2, -1, 0, 1];

describe('dubplate inspect', () => {
  const asJson = async (...words: string[]): Promise<Inspection & { arm: string; world: string; schema: number }> => {
    const { code, stdout, stderr } = await say('inspect', at('run'), '--json', ...words);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return JSON.parse(stdout);
  };

  it('tells of every listener exactly what the log has, and the machine counts the same', async () => {
    const log = joined(allDays.map((day) => logOf('charts', day)));
    let slates = 0;
    for (const listener of [0, 5, 40, 59, 60, 63]) {
      const told = await asJson('--listener', `u${listener}`, '--arm', 'charts');
      expect(told).toMatchObject({ schema: 1, arm: 'charts', world: 'latent-0', listener: { id: `u${listener}` } });
      const rows = [...rowsOf(log)].filter(({ user }) => user === listener);
      const count = (kind: number): number => rows.filter((row) => row.kind === kind).length;
      expect(told.totals).toMatchObject({
        plays: count(kindCode.play),
        skips: count(kindCode.skip),
        saves: count(kindCode.save),
        searches: count(kindCode.search),
        picks: count(kindCode.onboard),
      });
      const plays = playsOf(told as unknown as Life);
      const played = rows.filter(({ kind }) => kind === kindCode.play || kind === kindCode.skip);
      expect(
        plays.map(({ time, track, source, isSatisfied, playedMs, position, generation, propensity }) => ({
          ...{ time, track, source, isSatisfied, playedMs, position, generation, propensity },
        })),
      ).toEqual(
        played.map(({ time, track, source, kind, playedMs, position, generation, propensity }) => ({
          ...{ time, track: `t${track}`, source: eventSources[source], isSatisfied: kind === kindCode.play, playedMs },
          ...{ position: position < 0 ? null : position, generation: generation < 0 ? null : generation, propensity },
        })),
      );
      expect(plays.filter(({ isSaved }) => isSaved)).toHaveLength(count(kindCode.save));
      const shown = played.filter(({ source }) => source === sourceCode.slate);
      expect(plays.filter(({ cacheAgeDays }) => cacheAgeDays !== null)).toHaveLength(shown.length);
      // Every list is made anew every night, and the engine numbers nights from 1.
      for (const { cacheAgeDays } of plays) expect([0, null]).toContain(cacheAgeDays);
      slates += shown.length;
      for (const [i, { before }] of told.days.entries()) {
        expect(before).toBe(i === 0 ? 'signingUp' : told.days[i - 1]!.after);
      }
      expect(told.days.at(-1)!.after).toBe(told.state);
    }
    expect(slates).toBeGreaterThan(10);
  });

  it('says who it is, and what is truly liked', async () => {
    const world = createWorld(tinyScenario.world, { seed: '1/0', family: 'latent', historyDays: 3, days: 2 });
    const told = await asJson('--listener', 'u33', '--favourites', '4', '--day', '0');
    expect(told.listener).toMatchObject({
      id: 'u33',
      signedUpAt: world.arrivals.signedUpAt[33],
      cohort: 'all',
      patience: world.people.patience[33],
      explore: world.people.explore[33]! / 255,
      family: 'latent',
    });
    expect(told.favourites.map(({ track }) => track)).toEqual(
      favouritesOf(world, 0, 33, 4).map((track) => `t${track}`),
    );
    for (const play of told.days.flatMap(({ sessions }) => sessions.flatMap(({ plays }) => plays))) {
      expect(play.utility).toBe(world.truth.on(0).utility(33, Number(play.track.slice(1))));
      expect(play.artist).toBe(`a${world.releases.artist[Number(play.track.slice(1))]}`);
    }
  });

  it('shows only the days asked for, and counts over all of them', async () => {
    const all = await asJson('--listener', 'u2');
    const one = await asJson('--listener', 'u2', '--day', '-2');
    const some = await asJson('--listener', 'u2', '--days', '-1..1');
    expect(all.days.map(({ day }) => day)).toEqual(allDays);
    expect(one.days.map(({ day }) => day)).toEqual([-2]);
    expect(some.days).toEqual(all.days.slice(2));
    expect([one.totals, some.totals]).toEqual([all.totals, all.totals]);
  });

  it('takes the number alone for a listener, and one day for a stretch', async () => {
    expect(await asJson('--listener', '2', '--days', '-2')).toEqual(
      await asJson('--listener', 'u2', '--days', '-2..-2'),
    );
  });

  it('tells a person the same: a table no wider than they can read, without a NaN', async () => {
    for (const words of [
      ['--listener', 'u61'],
      ['--listener', 'u5', '--arm', 'charts'],
    ]) {
      const { code, stdout } = await say('inspect', at('run'), ...words);
      expect(code).toBe(0);
      const [, ...lines] = stdout.split('\n'); // the first names the run
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(112);
      expect(stdout).not.toMatch(/NaN|undefined|null/);
      expect(stdout).toContain('The statechart has counted what the log has.');
      const told = await asJson(...words);
      const plays = playsOf(told as unknown as Life);
      expect(stdout.match(/^ {2}\d\d:\d\d:\d\d t\d/gm)).toHaveLength(plays.length);
      expect(stdout.match(/ s skip/g) ?? []).toHaveLength(plays.filter(({ isSatisfied }) => !isSatisfied).length);
    }
  });

  it.each<[string, string[], RegExp]>([
    ['a listener who is not there', ['--listener', 'u9999'], /no listener 'u9999'[\s\S]*listeners, u0 to u/],
    ['a name that is no id', ['--listener', 'u017'], /no listener 'u017'/],
    ['nobody', [], /--listener/],
    ['a day after the end', ['--listener', 'u1', '--day', '2'], /does not have day 2[\s\S]*-3 to 1/],
    ['days before the beginning', ['--listener', 'u1', '--days', '-9..0'], /does not have all of -9\.\.0/],
    ['days in the wrong order', ['--listener', 'u1', '--days', '1..0'], /ends before it begins/],
    ['no day', ['--listener', 'u1', '--day', 'friday'], /friday is not a day/],
    ['no stretch', ['--listener', 'u1', '--days', '1..'], /not a stretch of days/],
    ['a day and days', ['--listener', 'u1', '--day', '0', '--days', '0..1'], /both given/],
    ['an arm that is not there', ['--listener', 'u1', '--arm', 'hybird'], /no arm 'hybird'/],
    ['a world that is not there', ['--listener', 'u1', '--world', 'latent-1'], /no world 'latent-1'/],
  ])('refuses %s', async (_, words, message) => {
    const { code, stderr, stdout } = await say('inspect', at('run'), ...words);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  const changed = (
    change: (manifest: { scenario: Record<string, unknown>; [key: string]: unknown }) => void,
  ): string => {
    cpSync(at('run'), at('changed'), { recursive: true, force: true });
    const path = at('changed', 'manifest.json');
    const manifest = JSON.parse(readFileSync(at('run', 'manifest.json'), 'utf8'));
    change(manifest);
    writeFileSync(path, JSON.stringify(manifest));
    return at('changed');
  };

  it.each<[string, Parameters<typeof changed>[0], RegExp]>([
    ['is not finished', (manifest) => Object.assign(manifest, { status: 'running' }), /not finished/],
    [
      'has a scenario that no longer parses',
      (manifest) => Object.assign(manifest.scenario, { moods: 3 }),
      /cannot be made again[\s\S]*moods: no such option[\s\S]*that made it/,
    ],
    [
      'has a world that this version would make otherwise',
      (manifest) => Object.assign(manifest.scenario, { seed: '2' }),
      /cannot be made again[\s\S]*differs from[\s\S]*that made it/,
    ],
    [
      'has a world of an unknown family',
      (manifest) => Object.assign(manifest, { worlds: ['astral-0'] }),
      /world 'astral-0' is none of the 1 that its scenario makes/,
    ],
  ])('refuses a run that %s', async (_, change, message) => {
    const { code, stderr } = await say('inspect', changed(change), '--listener', 'u1');
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('refuses a run that lacks a day', async () => {
    const run = changed(() => {});
    rmSync(at('changed', 'collaborative', 'latent-0', 'events', 'day=0000.arrow'));
    const { code, stderr } = await say('inspect', run, '--listener', 'u1');
    expect(stderr).toMatch(/day=0000\.arrow is missing/);
    expect(code).toBe(2);
  });

  it('calls it a bug when log and statechart disagree', async () => {
    const run = changed(() => {});
    const buffer = new EventBuffer();
    buffer.append(logOf('collaborative', 1));
    buffer.add(1, 4, startOfDay(2) - 1, kindCode.signup, 0, sourceCode.onboarding, -1, -1, 1);
    writeEvents(at('changed', 'collaborative', 'latent-0', 'events', 'day=0001.arrow'), buffer.slice());
    const { code, stderr } = await say('inspect', run, '--listener', 'u1');
    expect(stderr).toMatch(/This is a bug[\s\S]*statechart disagree/);
    expect(code).toBe(70);
  });
});
