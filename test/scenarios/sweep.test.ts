import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { figuresOf } from '../../reports/figures.ts';
import { readRun } from '../../reports/read-run.ts';
import { textTable } from '../../reports/table.ts';
import { runExperiment } from '../../scenarios/experiment.ts';
import { openFinishedRun } from '../../scenarios/finished-run.ts';
import { remakeWorld } from '../../scenarios/inspect/remake-world.ts';
import { openRunFolder, readManifest } from '../../scenarios/run-folder.ts';
import { parseScenario, type ScenarioInput } from '../../scenarios/schema.ts';
import type { MetricRow } from '../../scenarios/scoring/rows.ts';
import staleness from '../../scenarios/staleness.ts';
import { worldsOf } from '../../scenarios/worlds.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-sweep-'));
afterAll(() => rmSync(folder, { recursive: true }));

const arm = (slate: object): ScenarioInput['arms'][string] => ({
  als: { factors: 8, firstSweeps: 3 },
  blend: { kind: 'collaborative' },
  slate: { length: 50, ...slate },
});
const swept: ScenarioInput = {
  name: 'swept',
  question: 'What if taste moves?',
  days: 2,
  history: 4,
  scoreHours: [0, 12],
  world: { tracks: 150, releasesPerDay: 6, signupsPerDay: 4, cohorts: { all: { listeners: 80, explore: 0.3 } } },
  sweep: { path: 'world.drift', values: [0, 1] },
  arms: { nightly: arm({}), immediate: arm({ foldIn: 'everyone' }) },
  bounds: [],
};

async function run(name: string, input: ScenarioInput) {
  const path = join(folder, name);
  await runExperiment(parseScenario(input, name), {
    folder: openRunFolder(path, { resume: false }),
    resume: false,
    redisUrl: undefined,
    encoder: undefined,
    kernel: chooseKernel(1),
    command: `npx dubplate run ${name}`,
    progress: () => {},
  });
  const { rows } = JSON.parse(readFileSync(join(path, 'metrics.json'), 'utf8')) as { rows: MetricRow[] };
  return { path, rows, digests: readManifest(path)?.digests as Record<string, Record<string, string>> };
}

describe('a dial that is swept', () => {
  const whole = run('swept', swept);

  it('has worlds of its own for each value, which are those of a scenario with that value', async () => {
    const { digests, path } = await whole;
    expect(readdirSync(join(path, 'nightly')).sort()).toEqual(['latent-drift0-0', 'latent-drift1-0']);
    const { sweep: _, ...plain } = swept;
    for (const drift of [0, 1]) {
      const alone = await run(`drift-${drift}`, { ...plain, world: { ...swept.world, drift } });
      for (const name of Object.keys(swept.arms))
        expect(digests[`${name}/latent-drift${drift}-0`]).toEqual(alone.digests[`${name}/latent-0`]);
    }
    expect(digests['nightly/latent-drift0-0']).not.toEqual(digests['nightly/latent-drift1-0']);
  });

  it('is told apart in every figure, and in the reports', async () => {
    const { rows, path } = await whole;
    expect(new Set(rows.map(({ family }) => family))).toEqual(new Set(['latent, drift 0', 'latent, drift 1']));
    const [markdown, page] = ['report.md', 'report.html'].map((file) => readFileSync(join(path, file), 'utf8'));
    for (const drift of [0, 1]) {
      expect(markdown).toContain(`What an arm costs a day, and what it serves: latent, drift ${drift}`);
      expect(page).toContain(`by the hour of the day: latent, drift ${drift}`);
    }
    expect(markdown).toContain('One family of worlds');
    expect(textTable(figuresOf(readRun(path)))).toMatch(/A day costs: latent, drift 1\narm +refreshesPerDay/);
    expect(page).toMatch(/oracleRecall@50 against floating-point operations a day/);
    expect(markdown).toMatch(/\| immediate \| 1\.00 \| 0 \|/);
  });

  it('is part of the world when that is made anew', async () => {
    const { path } = await whole;
    const finished = openFinishedRun(path);
    for (const drift of [0, 1]) {
      expect(remakeWorld(finished, 'nightly', `latent-drift${drift}-0`).options.drift).toBe(drift);
    }
  });

  it.each([
    [
      'a dial that is not there',
      { path: 'world.drifts', values: [1] },
      /sweep\.values\.0: is 1: world\.drifts: no such option; did you mean 'world\.drift'\?/,
    ],
    [
      'a value out of range',
      { path: 'world.drift', values: [0, 2] },
      /sweep\.values\.1: is 2: world\.drift: found 2, expected at most 1/,
    ],
    [
      'an option of an arm',
      { path: 'arms.nightly.als.factors', values: [8] },
      /sweep\.path: must be the path of a dial of the world/,
    ],
    ['a value that stands twice', { path: 'world.drift', values: [0, 0] }, /each value may stand once/],
  ])('is refused: %s', (_, sweep, message) => {
    expect(() => parseScenario({ ...swept, sweep }, 'x')).toThrow(message);
  });

  it('is the drift of tastes in `staleness`', () => {
    const scenario = parseScenario(staleness, 'staleness');
    expect(worldsOf(scenario).map(({ options }) => options.drift)).toEqual([0, 0.3, 1]);
    expect(new Set(worldsOf(scenario).map(({ seed }) => seed)).size).toBe(1);
  });
});
