import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type CalibratedWorld,
  calibrationOf,
  noteOnHabits,
  openCalibratedWorld,
  warningsOn,
  withHabitsOf,
} from '../../scenarios/calibrated-world.ts';
import { listenersOf, scaleCohorts } from '../../scenarios/cohort-sizes.ts';
import coldStart from '../../scenarios/cold-start.ts';
import { writeWorldFile } from '../../scenarios/fidelity/world-file.ts';
import hearing from '../../scenarios/hearing.ts';
import { applyScenarioFlags } from '../../scenarios/scenario-flags.ts';
import { version } from '../../scenarios/version.ts';
import { worldOptionsSchema } from '../../sim/options.ts';
import { say, tinyScenario } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-calibrated-'));
afterAll(() => rmSync(folder, { recursive: true }));

const source = { file: 'history.json', digest: 'ab'.repeat(32), listeners: 12, plays: 34_567 };
const dials = worldOptionsSchema.parse({
  tracks: 7,
  releasesPerDay: 1,
  signupsPerDay: 2,
  popularityExponent: 1.75,
  sessionsPerDay: 2.5,
  cohorts: { loyal: { listeners: 30, explore: 0.15 }, curious: { listeners: 10, explore: 0.61, activity: 2 } },
});

/** A world file and its path. */
function calibrated(name = 'world.json', world = dials): CalibratedWorld & { readonly text: string } {
  const path = join(folder, name);
  const content = { source, family: 'latent' as const, world, facts: {} };
  writeWorldFile(path, content);
  return { ...openCalibratedWorld(path), text: readFileSync(path, 'utf8') };
}

const flags = (more: object) => ({ set: [], ...more });

describe('a world file as the world of a scenario', () => {
  const world = calibrated();

  it('gives every habit, and the scenario every size', () => {
    const declared = applyScenarioFlags(coldStart, flags({}), 'it').world;
    const { world: found } = applyScenarioFlags(coldStart, flags({ world }), 'it');
    const { tracks, releasesPerDay, signupsPerDay } = declared;
    expect(found).toEqual({ ...dials, tracks, releasesPerDay, signupsPerDay, cohorts: expect.anything() });
    expect(listenersOf(found.cohorts)).toBe(listenersOf(declared.cohorts));
    expect(found.cohorts).toEqual({
      loyal: { listeners: 3225, explore: 0.15, activity: 1 },
      curious: { listeners: 1075, explore: 0.61, activity: 2 },
    });
  });

  it('comes before other flags and settings', () => {
    const { world: found } = applyScenarioFlags(
      coldStart,
      flags({ world, listeners: 10, tracks: 99, set: ['world.sessionsPerDay=1', 'world.cohorts.curious.explore=0.2'] }),
      'it',
    );
    expect(found).toMatchObject({ tracks: 99, sessionsPerDay: 1, popularityExponent: 1.75 });
    expect(Object.values(found.cohorts).map(({ listeners }) => listeners)).toEqual([8, 2]);
    expect(found.cohorts.curious?.explore).toBe(0.2);
  });

  it('is refused where nobody lives', () => {
    expect(() => applyScenarioFlags(hearing, flags({ world }), 'it')).toThrow(/--world has no effect on hearing/);
  });

  it('is known to be changed where a habit is, and not where a size is', () => {
    const same = calibrationOf(world, withHabitsOf(world, worldOptionsSchema.parse({ tracks: 12 })));
    expect(same).toEqual({
      file: 'world.json',
      log: 'history.json',
      digest: source.digest,
      listeners: 12,
      plays: 34_567,
      dubplate: version,
      family: 'latent',
      isEdited: false,
      defaults: [],
      changed: [],
    });
    const cohorts = { ...dials.cohorts, loyal: { listeners: 1, explore: 0.5, activity: 1 } };
    const changed = calibrationOf(world, { ...dials, drift: 0.3, cohorts });
    expect(changed.changed).toEqual(['world.drift', 'world.cohorts.loyal.explore']);
    expect(noteOnHabits(same)).toMatch(/history\.json: 34,567 plays of 12 listeners, SHA-256 abababababab….$/);
    expect(noteOnHabits(changed)).toMatch(/Changed after that: world\.drift, world\.cohorts\.loyal\.explore\.$/);
    expect(noteOnHabits(undefined)).toMatch(/not calibrated/);
  });

  it('says how much of the log was used', () => {
    const used = { listeners: 1, plays: 960, days: 60 };
    const note = noteOnHabits({
      ...calibrationOf(world, world.file.world),
      ...{ plays: 5500, listeners: 1, used },
    });
    expect(note).toMatch(
      /5,500 plays of 1 listener, of which 960 plays of 1 listener in their last 60 days were used, SHA/,
    );
  });

  it('is known to be edited by hand, and which dials are not in it any more', () => {
    expect(warningsOn(world, ['latent'])).toEqual([]);
    const { path, text } = calibrated('edited.json');
    const edit = (change: (dials: Record<string, unknown>) => void): CalibratedWorld => {
      const file = JSON.parse(text);
      change(file.world);
      writeFileSync(path, JSON.stringify(file));
      return openCalibratedWorld(path);
    };
    // Another order is no change.
    expect(
      warningsOn(
        edit((dials) => Object.assign(dials, { tracks: delete dials.tracks && 7 })),
        ['latent'],
      ),
    ).toEqual([]);
    const other = edit((dials) => Object.assign(dials, { popularityExponent: 1.2 }));
    expect(warningsOn(other, ['latent'])).toEqual([expect.stringMatching(/edited\.json was changed by hand since/)]);
    expect(noteOnHabits(calibrationOf(other, other.file.world))).toMatch(/edited\.json was changed by hand since/);
    const gone = edit((dials) => delete dials.cohorts);
    expect(warningsOn(gone, ['latent']).join()).toMatch(/changed by hand.*does not name cohorts: defaults stand there/);
    expect(noteOnHabits(calibrationOf(gone, gone.file.world))).toMatch(/does not name cohorts/);
  });

  it('warns of other families at explain', async () => {
    expect(warningsOn(world, ['latent', 'acoustic'])).toEqual([
      expect.stringMatching(/world\.json was calibrated in latent worlds; in acoustic the same/),
    ]);
    const { code, stdout } = await say('explain', 'cold-start', '--world', world.path, '--family', 'acoustic');
    expect(code).toBe(0);
    expect(stdout).toMatch(/warning: \S+world\.json was calibrated in latent worlds; in acoustic/);
  });
});

it('cohorts are scaled to exactly the total, none further than one listener from its proportion', () => {
  const sizes = fc.array(fc.nat(1000), { minLength: 1, maxLength: 8 }).filter((all) => all.some((size) => size > 0));
  fc.assert(
    fc.property(sizes, fc.nat(100_000), (before, total) => {
      const cohorts = Object.fromEntries(
        before.map((listeners, i) => [`c${i}`, { listeners, explore: 0, activity: 1 }]),
      );
      const scaled = scaleCohorts(cohorts, total);
      expect(listenersOf(scaled)).toBe(total);
      for (const [name, { listeners }] of Object.entries(scaled)) {
        const exact = (cohorts[name]!.listeners * total) / listenersOf(cohorts);
        expect(Math.abs(listeners - exact)).toBeLessThan(1);
      }
    }),
  );
});

describe('dubplate run --world', () => {
  const scenario = join(folder, 'tiny.json');
  writeFileSync(scenario, JSON.stringify({ ...tinyScenario, arms: { charts: tinyScenario.arms.charts } }));
  const out = join(folder, 'run');

  it('says in manifest and report what the habits were calibrated to, and goes on with the same dials only', async () => {
    const { path } = calibrated();
    const run = (...more: string[]) => say('run', scenario, '--quiet', '--out', out, ...more);
    expect(await run('--world', path)).toMatchObject({ code: 0 });
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
    expect(manifest.calibration).toMatchObject({ file: 'world.json', log: 'history.json', digest: source.digest });
    expect(manifest.scenario.world).toMatchObject({ popularityExponent: 1.75, tracks: 120 });
    expect(manifest.notes).toEqual([noteOnHabits(manifest.calibration)]);
    for (const report of ['report.md', 'report.html']) {
      const text = readFileSync(join(out, report), 'utf8');
      expect(text).toContain('34,567 plays of 12 listeners');
      expect(text).not.toContain('not calibrated');
    }
    expect(await run('--world', path, '--resume')).toMatchObject({ code: 0 });
    const other = calibrated('other.json', { ...dials, popularityExponent: 1.5 });
    expect(await run('--world', other.path, '--resume')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('another configuration'),
    });
    expect(await run('--resume')).toMatchObject({ code: 2 });
  }, 60_000);

  it.each([
    [
      'of another version',
      (text: string) => text.replace(`"dubplate": "${version}"`, '"dubplate": "9.9.9"'),
      /9\.9\.9/,
    ],
    ['with a misspelt dial', (text: string) => text.replace('sessionsPerDay', 'sesionsPerDay'), /sesionsPerDay/],
    ['that is broken', (text: string) => text.slice(0, 40), /is not JSON/],
  ])('refuses a file %s with code 2, as explain does', async (_, change, message) => {
    const { path, text } = calibrated('broken.json');
    writeFileSync(path, change(text));
    for (const verb of ['run', 'explain']) {
      expect(await say(verb, scenario, '--world', path)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(message),
      });
    }
    expect(await say('explain', scenario, '--world', join(folder, 'none.json'))).toMatchObject({ code: 2 });
  });

  it('is explained with the dials of the file', async () => {
    const { stdout } = await say('explain', scenario, '--world', calibrated().path);
    expect(stdout).toContain('world.popularityExponent = 1.75 ');
    expect(stdout).toContain('world.cohorts.curious.listeners = 15 ');
    expect(stdout).toContain('world.tracks = 120 ');
  });
});
