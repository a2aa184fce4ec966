import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { MetricRow, Run, SummaryRow } from '../../reports/read-run.ts';

export type Json = Record<string, unknown>;

/** A figure per arm, segment and metric that is the same in every run, and different for every place it stands in. */
const baseOf: Record<string, Record<string, number>> = {
  collaborative: { all: 0.21, warm: 0.24, newUser: 0.08, newTrack: 0.004, newUserNewTrack: 0 },
  hybrid: { all: 0.235, warm: 0.2375, newUser: 0.11, newTrack: 0.2, newUserNewTrack: 0.125 },
  random: { all: 0.031, warm: 0.0305, newUser: 0.032, newTrack: 0.033, newUserNewTrack: 0.0315 },
  oracle: { all: 1, warm: 1, newUser: 1, newTrack: 1, newUserNewTrack: 1 },
  trueSound: { all: 0.26, warm: 0.255, newUser: 0.14, newTrack: 0.31, newUserNewTrack: 0.22 },
};
const arms = ['collaborative', 'hybrid'];
const bounds = ['random', 'oracle', 'trueSound'];

/** A small run: two arms, three bounds, three measured days, every segment; the figures of a day drift a little. */
export function syntheticRun({ worlds = 1, families = ['latent'] as readonly string[] } = {}): {
  manifest: Json;
  metrics: Json;
} {
  const rows: Json[] = [];
  for (const family of families) {
    for (let w = 0; w < worlds; w++) {
      for (const day of [2, 3, 4]) {
        const factor = (1 + 0.02 * (day - 3)) * (1 + 0.01 * w);
        for (const arm of [...arms, ...bounds]) {
          for (const [segment, base] of Object.entries(baseOf[arm]!)) {
            const value = arm === 'oracle' ? 1 : base * factor;
            const place = { arm, world: `7/${w}`, family, day, segment };
            rows.push({ ...place, metric: 'oracleRecall@50', value, n: 100 + day });
            if (arm !== 'oracle') rows.push({ ...place, metric: 'recall@50', value: value / 2, n: 50 });
          }
        }
        arms.forEach((arm, i) => {
          const costs = {
            newTrackShare: 0.002 + 0.08 * i,
            cacheHitRate: 0.94,
            cacheBytesPerListener: 1144,
            refreshSeconds: 3 + i,
          };
          const stages = { 'seconds.train': 2, 'seconds.embed': 0.75 * i, 'flops.train': 4.1e10 };
          for (const [metric, value] of Object.entries({ ...costs, ...stages })) {
            rows.push({ arm, world: `7/${w}`, family, day, segment: 'all', metric, value, n: 1 });
          }
        });
      }
      arms.forEach((arm, i) => {
        rows.push({
          arm,
          world: `7/${w}`,
          family,
          segment: 'newTrack',
          metric: 'reach@10',
          value: 0.1 + 0.25 * i,
          n: 90,
        });
      });
    }
  }
  return { manifest: manifestOf(worlds, families), metrics: { schema: 1, rows, summary: summarise(rows) } };
}

/** Means over days, then worlds, as a run states them; the interval is lowest to highest world. */
export function summarise(rows: readonly Json[]): Json[] {
  const groups = new Map<string, Map<string, number[]>>();
  for (const { arm, family, segment, metric, world, value } of rows) {
    const key = JSON.stringify({ arm, family, segment, metric });
    const ofKey = groups.get(key) ?? groups.set(key, new Map()).get(key)!;
    const ofWorld = ofKey.get(String(world)) ?? ofKey.set(String(world), []).get(String(world))!;
    if (typeof value === 'number') ofWorld.push(value);
  }
  const mean = (values: number[]): number | null =>
    values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
  return [...groups].map(([key, byWorld]) => {
    const means = [...byWorld.values()].map(mean).filter((m) => m !== null);
    const several = means.length > 1;
    return {
      ...(JSON.parse(key) as Json),
      mean: mean(means),
      low: several ? Math.min(...means) : null,
      high: several ? Math.max(...means) : null,
      worlds: byWorld.size,
    };
  });
}

const manifestOf = (worlds: number, families: readonly string[]): Json => ({
  schema: 1,
  name: 'dubplate',
  version: '0.1.0',
  scenario: {
    name: 'cold-start',
    question: 'Does audio evidence give new tracks a fair first week?',
    worlds,
    family: families,
    days: 5,
    world: {
      tracks: 1500,
      releasesPerDay: 30,
      cohorts: { regulars: { listeners: 800 }, explorers: { listeners: 200 } },
    },
  },
  seed: '7',
  arms,
  bounds,
  worlds: Array.from({ length: worlds }, (_, w) => `7/${w}`),
  startedAt: '2025-03-01T10:00:00Z',
  seconds: 141.2,
  machine: { cpu: 'Example CPU', cores: 2, memoryBytes: 8 * 2 ** 30, node: 'v20.19.0' },
  kernel: 'typescript',
  threads: 1,
  digests: { metrics: 'ab'.repeat(32), 'hybrid/7/0': { events: 'cd'.repeat(32), model: 'ef'.repeat(32) } },
  notes: ['The world is not calibrated.'],
  provenance: { cacheBytesPerListener: 'derived' },
});

/** A run of two worlds that tests what an encoder hears, and what the bounds make of it. */
export function hearingRun(): { manifest: Json; metrics: Json } {
  const heard: Readonly<Record<string, Readonly<Record<string, number>>>> = {
    encoder: {
      ...{ tempoAcc1: 0.95, tempoAcc2: 0.99, keyWeighted: 0.94, energyR2: 0.86, brightnessR2: 0.92 },
      ...{ envelopeR2: 0.72, oddEvenR2: 0.75, modulationR2: 0.7, embeddingR2: 0.43, embeddingShare: 0.86 },
      ...{ 'coldRecall.10': 0.17, 'coldRecall.50': 0.4, 'coldRecall.100': 0.8, epochs: 11, trainSeconds: 116 },
    },
    level: { energyR2: 0.85 },
    trueSound: {
      ...{ embeddingR2: 0.5, embeddingShare: 1, 'coldRecall.10': 0.2, 'coldRecall.50': 0.44, 'coldRecall.100': 1 },
    },
  };
  const rows = Object.entries(heard).flatMap(([arm, figures]) =>
    Object.entries(figures).flatMap(([metric, value]) =>
      [0, 1].map((world) => ({
        ...{ arm, family: 'latent', world: `latent-${world}`, day: null, segment: 'all', metric, n: 250 },
        value: value * (1 - 0.01 * world),
      })),
    ),
  );
  const manifest = {
    ...manifestOf(2, ['latent']),
    scenario: { name: 'hearing', question: 'How much does the encoder hear?', worlds: 2, family: 'latent', days: 1 },
    arms: ['encoder'],
    bounds: ['level', 'trueSound'],
    digests: {},
    notes: [],
  };
  return { manifest, metrics: { schema: 1, rows, summary: summarise(rows) } };
}

/** A run folder on disk until the test ends; texts are written as they are, objects as JSON. */
export function runFolder(files: { manifest?: unknown; metrics?: unknown }): string {
  const dir = mkdtempSync(join(tmpdir(), 'dubplate-report-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(dir, `${name}.json`), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return dir;
}

/** A run made in memory: nothing in it but what is given. */
export const runOf = (
  summary: readonly SummaryRow[],
  rows: readonly MetricRow[] = [],
  arms: readonly string[] = [],
): Run => ({
  manifest: {
    schema: 1,
    name: 'dubplate',
    version: '0',
    scenario: { name: 'test', question: '' },
    seed: '',
    arms: [...arms],
    bounds: [],
    worlds: [],
    machine: {},
    kernel: undefined,
    threads: undefined,
    digests: {},
    notes: [],
    provenance: {},
  },
  rows,
  summary,
});
