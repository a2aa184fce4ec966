import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventKinds } from '../../engine/core/events.ts';
import { planInputs, valuesOf } from '../../scenarios/capacity/inputs.ts';
import { makePlan } from '../../scenarios/capacity/plan.ts';
import { ratesAtPlan, runRates } from '../../scenarios/capacity/run-rates.ts';
import { readEvents } from '../../sim/log.ts';
import { runTiny } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-plan-run-'));
const run = join(folder, 'run');
beforeAll(() => runTiny(run));
afterAll(() => rmSync(folder, { recursive: true }));

interface Heard {
  readonly day: number;
  readonly user: number;
  readonly track: number;
}

/** Plays and skips of the log, one object a row. */
const heardOn = (days: readonly number[]): Heard[] =>
  days.flatMap((day) => {
    const name = `day=${day < 0 ? '-' : ''}${String(Math.abs(day)).padStart(4, '0')}.arrow`;
    const { length, kind, user, track } = readEvents(join(run, 'collaborative', 'latent-0', 'events', name));
    return Array.from({ length }, (_, row) => ({
      day,
      user: user[row]!,
      track: track[row]!,
      kind: eventKinds[kind[row]!]!,
    }))
      .filter((row) => row.kind === 'play' || row.kind === 'skip')
      .map(({ day, user, track }) => ({ day, user, track }));
  });
const distinct = (values: readonly (number | string)[]): number => new Set(values).size;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;

describe('what a run tells a plan', () => {
  it('is the activity in its log: who listens, reads and plays, and how many tracks they know', () => {
    const { found } = runRates(run);
    const rows = heardOn([-3, -2, -1, 0, 1]);
    const served = [0, 1];
    const metrics = JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8')) as {
      rows: { arm: string; metric: string; segment: string; day: number; n: number; value: number }[];
    };
    const n = (metric: string, day: number): number =>
      metrics.rows.find(
        (row) => row.arm === 'collaborative' && row.metric === metric && row.day === day && row.segment === 'all',
      )!.n;
    const usersOn = (days: readonly number[]): number[] => [
      ...new Set(rows.filter(({ day }) => days.includes(day)).map(({ user }) => user)),
    ];
    const listeners = (day: number): number => n('refreshSeconds', day);
    expect(found.dailyActive?.value).toBeCloseTo(mean(served.map((day) => usersOn([day]).length / listeners(day))), 12);
    expect(found.playsPerListenerDay?.value).toBeCloseTo(
      mean(served.map((day) => rows.filter((row) => row.day === day).length / listeners(day))),
      12,
    );
    expect(found.tracksPerListener?.value).toBeCloseTo(
      distinct(rows.map(({ user, track }) => `${user}/${track}`)) / listeners(1),
      12,
    );
    expect(found.readsPerActiveDay?.value).toBeCloseTo(
      mean(served.map((day) => n('cacheHitRate', day) / usersOn([day]).length)),
      12,
    );
    const knownBy = (day: number): number[] => usersOn([-3, -2, -1, 0, 1].filter((one) => one < day));
    expect(found.activeShare?.value).toBeCloseTo(mean(served.map((day) => knownBy(day).length / listeners(day))), 12);
    expect(found.activeHitRate?.value).toBeCloseTo(
      mean(
        served.map(
          (day) => usersOn([day]).filter((user) => knownBy(day).includes(user)).length / usersOn([day]).length,
        ),
      ),
      12,
    );
  });

  it('is measured: with the name of the run, from its lowest day to its highest, and what that is worth', () => {
    const { found, warnings } = runRates(run);
    for (const [name, input] of Object.entries(found)) {
      expect(input.source, name).toBe(`run ${run}, collaborative in latent-0`);
      expect(input.low, name).toBeLessThanOrEqual(input.value);
      expect(input.high, name).toBeGreaterThanOrEqual(input.value);
    }
    expect(Object.keys(found)).toEqual(expect.arrayContaining(['alsRate', 'retrievalRate']));
    expect(found).not.toHaveProperty('setsPerSecond'); // the cache was embedded
    expect(warnings).toEqual([
      expect.stringMatching(/simulated listeners, days 0 to 1, kernel \w+; there \d.* % of reads/),
    ]);
  });

  it('is the FLOP over the seconds of each stage, of one thread', () => {
    const { rows } = JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8')) as {
      rows: { arm: string; metric: string; value: number }[];
    };
    const { threads } = JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8')) as { threads: number };
    const values = (metric: string): number[] =>
      rows.filter((row) => row.arm === 'collaborative' && row.metric === metric).map(({ value }) => value);
    const seconds = values('seconds.train');
    const rates = values('flops.train').map((flops, i) => flops / seconds[i]! / threads / 1e9);
    expect(runRates(run).found.alsRate?.value).toBeCloseTo(mean(rates), 12);
  });

  it('is a rate of toy work for a plan: derived, no surer than an assumed one, and said so', () => {
    const measured = runRates(run);
    const { found, warnings } = ratesAtPlan(measured, valuesOf(planInputs({})));
    for (const [name, up] of [
      ['alsRate', 2],
      ['retrievalRate', 4],
    ] as const) {
      const { value, low, high, source, provenance } = found[name]!;
      expect({ value, provenance }).toEqual({ value: measured.found[name]?.value, provenance: 'derived' });
      expect(high / value).toBeGreaterThanOrEqual(up);
      expect(value / low).toBeGreaterThanOrEqual(2);
      expect(source).toMatch(/structural: in proportion .* times that$/);
      expect(warnings).toContainEqual(expect.stringMatching(new RegExp(`^${name} supposes that time stays in prop`)));
    }
    expect(found.dailyActive).toEqual(measured.found.dailyActive);
  });

  it('goes before what is assumed, and after what a flag says', () => {
    const { found } = runRates(run);
    const plan = makePlan(planInputs({ dailyActive: '30%' }, found));
    const inputs = Object.fromEntries(plan.inputs.map((input) => [input.name, input]));
    expect(inputs.dailyActive).toMatchObject({ value: 0.3, provenance: 'given' });
    expect(inputs.readsPerActiveDay).toMatchObject({ value: found.readsPerActiveDay?.value, provenance: 'measured' });
    expect(inputs.peakFactor?.provenance).toBe('assumed');
  });

  it('is asked of a finished run only', () => {
    expect(() => runRates(join(folder, 'nowhere'))).toThrow(/does not exist/);
    const manifest = join(run, 'manifest.json');
    const whole = readFileSync(manifest, 'utf8');
    try {
      writeFileSync(manifest, whole.replace('"complete"', '"running"'));
      expect(() => runRates(run)).toThrow(/not finished/);
    } finally {
      writeFileSync(manifest, whole);
    }
  });
});
