import { kolmogorovSmirnov, quantileOf, relativeError } from './distance.ts';
import { type FactName, factNames } from './fact-names.ts';
import type { Measured, Measurement } from './measure.ts';
import { type Circumstances, reasonFor } from './reasons.ts';
import type { Target, Targets } from './targets.ts';

/** One fact of a simulated log beside its target. */
export interface FactRow {
  readonly fact: FactName;
  readonly target: number | null;
  /** Quartiles of the target over listeners, where they are known. */
  readonly low: number | null;
  readonly high: number | null;
  readonly value: number | null;
  /** As `measure` says: a Kolmogorov–Smirnov distance (0–1), or a relative error, negative where the value is too small; null
   * where there is none, as for a target of 0. */
  readonly distance: number | null;
  readonly measure: 'kolmogorov-smirnov' | 'relative error' | null;
  /** `left out`: the simulated log or the target does not tell. */
  readonly verdict: 'ok' | 'outside' | 'left out';
  /** Why it is outside or left out, as far as that is known. */
  readonly reason: string | null;
  readonly source: string | null;
}

/** Fewer listeners have no distribution to speak of. */
const enoughListeners = 5;
/** Largest relative error that counts as met, where a value lies outside the quartiles or there are none. */
const tolerance = 0.1;

/**
 * Hold a measurement against targets, fact by fact: `ok` when the value lies between the quartiles of the target, or within
 * 10 % of its middle. The distance is for reading; it decides nothing. Pure.
 */
export const compare = (measured: Measurement, targets: Targets, circumstances: Circumstances): FactRow[] =>
  factNames.map((fact) => rowOf(fact, measured.facts[fact], targets[fact], measured, circumstances));

/** Facts that are ok, and facts that could be compared at all. */
export const scoreOf = (rows: readonly FactRow[]): { readonly ok: number; readonly of: number } => ({
  ok: rows.filter(({ verdict }) => verdict === 'ok').length,
  of: rows.filter(({ verdict }) => verdict !== 'left out').length,
});

/** The targets that a real log gives: medians and quartiles over its listeners, and the facts of all of them together. */
export function targetsFrom(measured: Measurement, source: string): Targets {
  const targets: Partial<Record<FactName, Target>> = {};
  for (const fact of factNames) {
    const { value, perListener } = measured.facts[fact];
    if (!Number.isFinite(value)) continue;
    const hasSpread = perListener.length >= enoughListeners;
    targets[fact] = {
      middle: value,
      source,
      ...(hasSpread ? { low: quantileOf(perListener, 0.25), high: quantileOf(perListener, 0.75), perListener } : {}),
    };
  }
  return targets;
}

function rowOf(
  fact: FactName,
  { value, perListener }: Measured,
  target: Target | undefined,
  measured: Measurement,
  circumstances: Circumstances,
): FactRow {
  const isKnown = target !== undefined && Number.isFinite(value);
  const verdict = !isKnown ? 'left out' : isMet(value, target) ? 'ok' : 'outside';
  const reason = verdict === 'ok' ? undefined : reasonFor({ fact, verdict, value, target }, measured, circumstances);
  return {
    fact,
    target: target?.middle ?? null,
    low: target?.low ?? null,
    high: target?.high ?? null,
    value: Number.isFinite(value) ? value : null,
    ...(isKnown ? distanceTo(target, value, perListener) : { distance: null, measure: null }),
    verdict,
    reason: reason ?? null,
    source: target?.source ?? null,
  };
}

/** Of distributions where both sides have one to speak of, otherwise of the figures. */
function distanceTo(target: Target, value: number, perListener: Float64Array): Pick<FactRow, 'distance' | 'measure'> {
  const { perListener: spread, middle } = target;
  if (spread !== undefined && perListener.length >= enoughListeners) {
    return { distance: kolmogorovSmirnov(spread, perListener), measure: 'kolmogorov-smirnov' };
  }
  const error = relativeError(value, middle);
  return { distance: Number.isFinite(error) ? error : null, measure: 'relative error' };
}

const isMet = (value: number, { middle, low, high }: Target): boolean =>
  (low !== undefined && high !== undefined && value >= low && value <= high) ||
  Math.abs(relativeError(value, middle)) <= tolerance;
