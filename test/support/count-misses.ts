import type { Policy, Trace } from '../../engine/cache/policy/policy.ts';

/** Replay a trace and count what was not there. Cost: one access for each read. */
export function countMisses(policy: Policy, { refs, timesS }: Trace): number {
  let misses = 0;
  for (let i = 0; i < refs.length; i++) if (!policy.access(refs[i]!, timesS[i]!)) misses += 1;
  return misses;
}
