import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadEncoder } from '../../engine/audio/encoder.ts';
import { connectCache } from '../../engine/cache/connect.ts';
import { readNpy } from '../../engine/core/npy.ts';
import { type ExperimentOptions, runExperiment } from '../../scenarios/experiment.ts';
import micro from '../../scenarios/micro.ts';
import { readManifest } from '../../scenarios/run-folder.ts';
import { parseScenario, type Scenario, type ScenarioInput } from '../../scenarios/schema.ts';
import { smallerPanel } from '../../scenarios/scoring/night.ts';
import { readEvents } from '../../sim/log.ts';
import { describeWithRedis, startRedis } from '../support/redis-server.ts';
import { optionsFor } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-run-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A world of one minute's patience: everything is there, but small. */
const tiny: ScenarioInput = {
  ...micro,
  history: 5,
  days: 2,
  warmup: 0,
  world: {
    ...micro.world,
    tracks: 120,
    releasesPerDay: 6,
    signupsPerDay: 4,
    cohorts: { all: { listeners: 60, explore: 0.3 } },
  },
  arms: {
    collaborative: { als: { factors: 16, firstSweeps: 4 }, blend: { kind: 'collaborative' } },
    hybrid: { als: { factors: 16, firstSweeps: 4 }, blend: { kind: 'byEvidence' }, encoder: { epochs: 1, minFans: 1 } },
  },
};

async function run(name: string, scenario: Scenario, more: Partial<ExperimentOptions> = {}) {
  const result = await runExperiment(scenario, optionsFor(join(folder, name), more));
  return { result, manifest: readManifest(join(folder, name)) ?? {} };
}

const metricsOf = (
  name: string,
): { rows: { arm: string; metric: string; segment: string; value: number; day: number | null }[] } =>
  JSON.parse(readFileSync(join(folder, name, 'metrics.json'), 'utf8'));

describe('a run', () => {
  const scenario = parseScenario(tiny, 'tiny');

  it('writes every result file, whole, and nothing temporary', async () => {
    const { result, manifest } = await run('first', scenario);
    expect(manifest).toMatchObject({
      schema: 1,
      name: 'dubplate',
      status: 'complete',
      arms: ['collaborative', 'hybrid'],
      worlds: ['latent-0'],
    });
    const at = (...parts: string[]): string => join(folder, 'first', ...parts);
    for (const file of ['metrics.json', 'report.html', 'report.md']) expect(existsSync(at(file)), file).toBe(true);
    expect(result.report).toBe(at('report.html'));
    for (const arm of ['collaborative', 'hybrid']) {
      const entries = (...parts: string[]): string[] => readdirSync(at(arm, 'latent-0', ...parts)).sort();
      expect(entries()).toEqual(['events', 'listeners.arrow', 'model', 'tracks.arrow', 'truth']);
      expect(entries('events')).toHaveLength(7);
      expect(entries('events')).toContain('day=-0005.arrow');
      expect(entries('truth', 'shadow')).toEqual(['day=0000.arrow', 'day=0001.arrow']);
      expect(entries('model').includes('encoder.onnx')).toBe(arm === 'hybrid');
      const ids = readFileSync(at(arm, 'latent-0', 'model', 'tracks.txt'), 'utf8')
        .trimEnd()
        .split('\n');
      expect(readNpy(at(arm, 'latent-0', 'model', 'track_factors.npy'))).toMatchObject({ rows: ids.length, cols: 16 });
    }
    const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(all.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('logs everything from the past to the last day, with slates of generations that existed', () => {
    const past = readEvents(join(folder, 'first', 'hybrid', 'latent-0', 'events', 'day=-0001.arrow'));
    const lived = readEvents(join(folder, 'first', 'hybrid', 'latent-0', 'events', 'day=0001.arrow'));
    expect(Math.max(...past.generation)).toBe(-1);
    expect(Math.max(...lived.generation)).toBe(2);
    expect([...lived.source].some((source) => source === 0)).toBe(true);
    expect(past.length).toBeGreaterThan(100);
  });

  it('starts every arm from the same past', () => {
    const bytes = (arm: string): Buffer =>
      readFileSync(join(folder, 'first', arm, 'latent-0', 'events', 'day=-0003.arrow'));
    expect(bytes('hybrid').equals(bytes('collaborative'))).toBe(true);
  });

  it('scores bounds between the possible: the oracle is 1 in every segment, random far below', () => {
    const { rows } = metricsOf('first');
    const recall = (arm: string): number[] =>
      rows.filter((row) => row.arm === arm && row.metric === 'oracleRecall@50').map((row) => row.value);
    expect(new Set(recall('oracle'))).toEqual(new Set([1]));
    expect(Math.max(...recall('hybrid'), ...recall('random'))).toBeLessThan(1);
  });

  it('hands the true sound to the arm that listens, and to nobody where none does', async () => {
    const rowsOf = (name: string) => metricsOf(name).rows.filter(({ arm }) => arm === 'trueSound');
    const recall = rowsOf('first').filter(({ metric, segment }) => metric === 'oracleRecall@50' && segment === 'all');
    expect(recall.map(({ day }) => day)).toEqual([0, 1]);
    for (const { value } of recall) expect(value).toBeGreaterThan(0);
    expect(readFileSync(join(folder, 'first', 'report.html'), 'utf8')).toContain(
      `trueSound is scored for at most ${smallerPanel} listeners of a kind`,
    );
    const deaf = { ...tiny, arms: { collaborative: tiny.arms.collaborative ?? {} } };
    const { result } = await run('deaf', parseScenario(deaf, 'tiny'));
    expect(rowsOf('deaf')).toEqual([]);
    const page = readFileSync(result.report, 'utf8');
    expect(page).toContain('oracle');
    expect(page).not.toContain('trueSound: the first arm');
  });

  it('says which encoder was heard with, and to which generation its embeddings were carried', () => {
    const { encoders } = readManifest(join(folder, 'first')) as { encoders?: unknown };
    expect(encoders).toEqual({
      'hybrid/latent-0': {
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        trainedOn: 1,
        carriedTo: 2,
        drift: expect.any(Number),
      },
    });
  });

  it('gives equal digests for one seed, and others for another', async () => {
    const again = await run('again', scenario);
    expect(again.manifest.digests).toEqual(readManifest(join(folder, 'first'))?.digests);
    const other = await run('other', parseScenario({ ...tiny, seed: '4' }, 'tiny'));
    const flat = (digests: unknown): string[] => JSON.stringify(digests).match(/[0-9a-f]{64}/g) ?? [];
    const ours = new Set(flat(again.manifest.digests));
    expect(flat(other.manifest.digests)).toHaveLength(ours.size);
    expect(flat(other.manifest.digests).filter((digest) => ours.has(digest))).toEqual([]);
  });

  it('goes on from finished worlds with --resume, and refuses to mix configurations', async () => {
    const two = parseScenario({ ...tiny, worlds: 2, arms: { collaborative: tiny.arms.collaborative ?? {} } }, 'tiny');
    const whole = await run('resumed', two);
    // As if the run had been interrupted after its first world.
    rmSync(join(folder, 'resumed', 'worlds', 'latent-1.json'));
    rmSync(join(folder, 'resumed', 'metrics.json'));
    cpSync(join(folder, 'resumed', 'worlds', 'latent-0.json'), join(folder, 'latent-0.json'));
    const resumed = await run('resumed', two, { resume: true });
    expect(resumed.manifest.digests).toEqual(whole.manifest.digests);
    expect(readFileSync(join(folder, 'resumed', 'worlds', 'latent-0.json'))).toEqual(
      readFileSync(join(folder, 'latent-0.json')),
    );
    await expect(run('resumed', parseScenario({ ...tiny, seed: '9' }, 'tiny'), { resume: true })).rejects.toThrow(
      /another configuration/,
    );
  });

  it('notices spoilt slots: recall falls when half of them are random', async () => {
    // Short lists: where a list holds the whole catalogue there is nothing to spoil it with.
    const arm = { ...tiny.arms.collaborative, slate: { length: 30 } };
    const spoilt = parseScenario(
      { ...tiny, arms: { whole: arm, spoilt: { ...arm, degrade: { randomSlots: 0.5 } } } },
      'tiny',
    );
    await run('spoilt', spoilt);
    const { rows } = metricsOf('spoilt');
    const first = (name: string): number =>
      rows.find((row) => row.arm === name && row.metric === 'oracleRecall@10' && row.segment === 'all' && row.day === 0)
        ?.value ?? Number.NaN;
    expect(first('spoilt')).toBeLessThan(0.9 * first('whole'));
  });

  it('uses a trained encoder that it is given, trains none, and gives the same again', async () => {
    const encoder = await loadEncoder(join(folder, 'first', 'hybrid', 'latent-0', 'model', 'encoder.onnx'));
    try {
      // Another seed: the encoder's space is none of this world's.
      const hybrid = parseScenario({ ...tiny, seed: '8', arms: { hybrid: tiny.arms.hybrid ?? {} } }, 'tiny');
      const labels = new Set<string>();
      const progress = (label: string): void => {
        labels.add(label);
      };
      const once = await run('given', hybrid, { encoder, progress });
      const twice = await run('given-again', hybrid, { encoder });
      expect([...labels].some((label) => label.includes('training factors'))).toBe(true);
      expect([...labels].some((label) => label.includes('training the encoder'))).toBe(false);
      expect(twice.manifest.digests).toEqual(once.manifest.digests);
      const kept = readFileSync(join(folder, 'given', 'hybrid', 'latent-0', 'model', 'encoder.onnx'));
      expect(kept.equals(encoder.bytes)).toBe(true);
      const { encoders } = readManifest(join(folder, 'given')) as { encoders?: unknown };
      expect(encoders).toMatchObject({ 'hybrid/latent-0': { trainedOn: null, drift: 1 } });
    } finally {
      await encoder.close();
    }
  });

  it('leaves what is not its own in a folder that it replaces', async () => {
    const one = parseScenario({ ...tiny, days: 1, arms: { collaborative: tiny.arms.collaborative ?? {} } }, 'tiny');
    await run('replaced', one);
    writeFileSync(join(folder, 'replaced', 'my-notes.txt'), 'precious');
    await run('replaced', parseScenario({ ...one, arms: { other: one.arms.collaborative } }, 'tiny'));
    expect(readdirSync(join(folder, 'replaced')).sort()).toEqual(
      ['manifest.json', 'metrics.json', 'my-notes.txt', 'other', 'report.html', 'report.md', 'worlds'].sort(),
    );
  });

  it('counts a listener without a list as a miss, and serves them all the same', () => {
    const rates = metricsOf('first')
      .rows.filter((row) => row.metric === 'cacheHitRate')
      .map((row) => row.value);
    expect(rates).toHaveLength(4);
    for (const rate of rates) {
      expect(rate).toBeLessThan(1);
      expect(rate).toBeGreaterThan(0.5);
    }
  });
});

describeWithRedis('a run on a real Redis', () => {
  it('gives the same log, model and slates as on the embedded cache, and leaves no key behind', async () => {
    const scenario = parseScenario({ ...tiny, arms: { hybrid: tiny.arms.hybrid ?? {} } }, 'tiny');
    const embedded = await run('embedded', scenario);
    const server = await startRedis();
    try {
      const real = await run('redis', scenario, { redisUrl: server.url });
      expect(real.manifest.digests).toEqual(embedded.manifest.digests);
      expect(real.manifest.cache).toBe(server.url);
      const client = await connectCache(server.url);
      expect(await client.redis.dbsize()).toBe(0);
      await client.close();
    } finally {
      await server.stop();
    }
  });
});
