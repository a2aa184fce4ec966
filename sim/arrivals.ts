import type { Streams } from '../engine/core/random.ts';
import { startOfDay } from '../engine/core/time.ts';
import { columnOf } from './columns.ts';
import { pick } from './exact.ts';
import { secondOfDay } from './hours.ts';
import type { WorldOptions } from './options.ts';
import { actorOf } from './steps.ts';

/** Who signs up, when and where: one entry per listener, in order of sign-up. */
export interface Arrivals {
  readonly signedUpAt: Int32Array;
  readonly region: Uint8Array;
  /** Index into `cohortNames` of every listener; hidden from the engine. Computed, not kept. */
  cohorts(): Uint8Array;
  readonly cohortNames: readonly string[];
}

/** Sign-ups before the known past are spread over this many days. */
const olderDays = 1000;

/**
 * All listeners of a run. Exactly the cohorts' listeners exist on day 0: `pastSignupShare` of them signed up evenly over
 * the past, the others before it.
 */
export function planArrivals(
  options: WorldOptions,
  span: { readonly historyDays: number; readonly days: number },
  streams: Streams,
): Arrivals {
  const sizes = Object.values(options.cohorts).map((cohort) => cohort.listeners);
  const first = sizes.reduce((sum, size) => sum + size, 0);
  const recent = span.historyDays === 0 ? 0 : Math.floor(first * options.pastSignupShare);
  const older = Int32Array.from({ length: first - recent }, (_, n) => {
    const draw = streams('old-arrival', n);
    return startOfDay(-span.historyDays - 1 - Math.floor(draw() * olderDays)) + secondOfDay(draw(), draw());
  }).sort();
  const perDay = (day: number): number => {
    if (day >= 0) return Math.floor(options.signupsPerDay + streams('arrivals', day)());
    const before = Math.floor((recent * (day + span.historyDays)) / span.historyDays);
    return Math.floor((recent * (day + span.historyDays + 1)) / span.historyDays) - before;
  };
  const days = Array.from({ length: span.historyDays + span.days }, (_, i) => {
    const day = i - span.historyDays;
    const draw = streams('arrival', actorOf(day));
    return Int32Array.from({ length: perDay(day) }, () => startOfDay(day) + secondOfDay(draw(), draw())).sort();
  });
  const signedUpAt = columnOf(
    'int32',
    days.reduce((sum, { length }) => sum + length, older.length),
  );
  let at = 0;
  for (const times of [older, ...days]) {
    signedUpAt.set(times, at);
    at += times.length;
  }
  const regionWeights = Array.from({ length: options.regions }, (_, r) => 1 / (r + 1));
  const region = columnOf('uint8', signedUpAt.length);
  for (let l = 0; l < region.length; l++) region[l] = pick(regionWeights, streams('region', l)());
  return {
    signedUpAt,
    region,
    cohorts: () => interleave(sizes, signedUpAt.length),
    cohortNames: Object.keys(options.cohorts),
  };
}

/** Cohorts in turn, each as often as its size asks: after as many listeners as the sizes add up to, the counts are exact. */
function interleave(sizes: readonly number[], length: number): Uint8Array {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const credit = Float64Array.from(sizes, () => 0);
  const cohorts = new Uint8Array(length);
  for (let l = 0; l < length; l++) {
    let next = 0;
    for (let cohort = 0; cohort < sizes.length; cohort++) {
      credit[cohort]! += sizes[cohort]!;
      if (credit[cohort]! > credit[next]!) next = cohort;
    }
    credit[next]! -= total;
    cohorts[l] = next;
  }
  return cohorts;
}
