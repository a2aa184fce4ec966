import type { Streams } from '../engine/core/random.ts';
import { startOfDay } from '../engine/core/time.ts';
import { pick } from './exact.ts';
import { secondOfDay } from './hours.ts';
import type { WorldOptions } from './options.ts';

/** Who signs up, when and where: one entry per listener, in order of sign-up. */
export interface Arrivals {
  readonly signedUpAt: Int32Array;
  readonly region: Uint8Array;
  /** Index into `cohortNames`; hidden from the engine. */
  readonly cohort: Uint16Array;
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
  const older = Array.from({ length: first - recent }, (_, n) => {
    const draw = streams('old-arrival', n);
    return startOfDay(-span.historyDays - 1 - Math.floor(draw() * olderDays)) + secondOfDay(draw(), draw());
  }).sort((a, b) => a - b);
  const perDay = (day: number): number => {
    if (day >= 0) return Math.floor(options.signupsPerDay + streams('arrivals', day)());
    const before = Math.floor((recent * (day + span.historyDays)) / span.historyDays);
    return Math.floor((recent * (day + span.historyDays + 1)) / span.historyDays) - before;
  };
  const times = [...older];
  for (let day = -span.historyDays; day < span.days; day++) {
    const draw = streams('arrival', day + 2 ** 20);
    const today = Array.from({ length: perDay(day) }, () => startOfDay(day) + secondOfDay(draw(), draw()));
    for (const time of today.sort((a, b) => a - b)) times.push(time);
  }
  const regionWeights = Array.from({ length: options.regions }, (_, r) => 1 / (r + 1));
  return {
    signedUpAt: Int32Array.from(times),
    region: Uint8Array.from(times, (_, l) => pick(regionWeights, streams('region', l)())),
    cohort: interleave(sizes, times.length),
    cohortNames: Object.keys(options.cohorts),
  };
}

/** Cohorts in turn, each as often as its size asks: after as many listeners as the sizes add up to, the counts are exact. */
function interleave(sizes: readonly number[], length: number): Uint16Array {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const credit = sizes.map(() => 0);
  return Uint16Array.from({ length }, () => {
    let next = 0;
    sizes.forEach((size, cohort) => {
      credit[cohort] = (credit[cohort] ?? 0) + size;
      if ((credit[cohort] ?? 0) > (credit[next] ?? 0)) next = cohort;
    });
    credit[next] = (credit[next] ?? 0) - total;
    return next;
  });
}
