import type { Inputs } from './inputs.ts';
import type { Limit } from './line.ts';

export type VerdictWord = 'holds' | 'holds with' | 'does not hold';

/** Whether a figure keeps to its limit. */
export interface Verdict {
  readonly verdict: VerdictWord;
  /** What it needs to hold: "16 shards". */
  readonly remedy?: string;
  /** What binds. */
  readonly bindingConstraint: string;
  readonly bound: number;
  /** How much of the limit is used: 1 is all of it, 2 is twice as much as there is. */
  readonly load: number;
  /** Also at the end of the interval that is worse. */
  readonly holdsAtWorst: boolean;
}

/** Hold a figure with its interval against its limit. */
export function verdictOf(
  { value, low, high }: { readonly value: number; readonly low: number; readonly high: number },
  { name, side, bound: boundOf, remedy: remedyOf }: Limit,
  inputs: Inputs,
): Verdict {
  const bound = boundOf(inputs);
  const loadOf = (figure: number): number => (side === 'most' ? share(figure, bound) : share(bound, figure));
  const load = loadOf(value);
  const holds = load <= 1;
  const remedy = holds ? undefined : remedyOf?.(inputs);
  return {
    verdict: holds ? 'holds' : remedy === undefined ? 'does not hold' : 'holds with',
    ...(remedy === undefined ? {} : { remedy }),
    bindingConstraint: typeof name === 'string' ? name : name(inputs),
    bound,
    load,
    holdsAtWorst: loadOf(side === 'most' ? high : low) <= 1,
  };
}

/** a / b of what there is and what is asked for: nothing asked is no load, something of nothing is beyond all. */
function share(asked: number, there: number): number {
  if (asked <= 0) return 0;
  return there <= 0 ? Number.POSITIVE_INFINITY : asked / there;
}
