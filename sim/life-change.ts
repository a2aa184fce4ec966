import { wordAt } from '../engine/core/random.ts';
import { dayOf } from '../engine/core/time.ts';
import { dayWords } from './plan.ts';
import type { Stage } from './stage.ts';

/** What a morning brings beside sessions: somebody leaves for good, stays away for some weeks, or comes back. */
export type LifeChange = 'churn.due' | 'lapse.due' | 'return.due';

/** Leaving is likelier in the first week; who stays away is back after 20 days in the mean. Set by hand. */
const firstWeekChurn = 8;
const returnPerDay = 0.05;

/**
 * Decided by keyed chances that no recommendation changes.
 *
 * @param isDormant whether they are away.
 * @param key0      with `key1` the key of this listener's day.
 */
export function lifeChangeOn(
  { options, arrivals }: Pick<Stage, 'options' | 'arrivals'>,
  listener: number,
  day: number,
  isDormant: boolean,
  key0: number,
  key1: number,
): LifeChange | undefined {
  const isNew = day - dayOf(arrivals.signedUpAt[listener]!) <= 7;
  const leaves = wordAt(key0, key1, dayWords.leaves) >>> 0;
  if (leaves < options.churnPerDay * (isNew ? firstWeekChurn : 1) * 2 ** 32) return 'churn.due';
  const changes = wordAt(key0, key1, dayWords.changes) >>> 0;
  if (isDormant) return changes < returnPerDay * 2 ** 32 ? 'return.due' : undefined;
  return changes < options.lapsePerDay * 2 ** 32 ? 'lapse.due' : undefined;
}
