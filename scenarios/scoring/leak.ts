import { DubplateError } from '../../engine/core/errors.ts';
import type { Figure } from './rows.ts';

/**
 * A score above what the truth allows, or an arm as good as the truth, means that the truth has leaked. Cut-offs that take
 * in half the catalogue are left out of the second: there, everybody finds nearly everything.
 * @throws DubplateError AUDIT_FAILED.
 */
export function checkNoLeak(
  figures: readonly Figure[],
  whose: { readonly name: string; readonly isArm: boolean; readonly day: number | null; readonly trackCount: number },
): void {
  for (const { metric, segment, value } of figures) {
    const k = Number(/^oracleRecall@(\d+)$/.exec(metric)?.[1] ?? Number.NaN);
    if (Number.isNaN(k)) continue;
    const isTooGood = whose.isArm && segment === 'all' && value === 1 && k < whose.trackCount / 2;
    if (value <= 1 && !isTooGood) continue;
    throw new DubplateError(
      'AUDIT_FAILED',
      `${metric} of ${whose.name} is ${value} on day ${whose.day}: truth has leaked into the engine`,
      { hint: 'The run is invalid. Look for a path by which hidden taste reaches the engine or the scoring.' },
    );
  }
}
