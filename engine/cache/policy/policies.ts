import { DubplateError } from '../../core/errors.ts';
import type { Draw } from '../../core/random.ts';
import { createBelady } from './belady.ts';
import { createFifo } from './fifo.ts';
import { createLru } from './lru.ts';
import type { Policy, Trace } from './policy.ts';
import { createRedisLfu } from './redis-lfu.ts';
import { createRedisLru } from './redis-lru.ts';
import { createS3Fifo } from './s3-fifo.ts';
import { createSieve } from './sieve.ts';
import { createWTinyLfu } from './w-tinylfu.ts';

/** Makes a policy for a cache of `capacity` keys that will be read as the trace says; only Belady's looks at that. */
type MakePolicy = (capacity: number, trace: Pick<Trace, 'keys' | 'refs'>, draw: Draw) => Policy;

/** Every policy by the name that is typed for it. */
const policies = {
  fifo: (capacity, { keys }) => createFifo(capacity, keys),
  lru: (capacity, { keys }) => createLru(capacity, keys),
  sieve: (capacity, { keys }) => createSieve(capacity, keys),
  's3-fifo': (capacity, { keys }) => createS3Fifo(capacity, keys),
  'w-tinylfu': (capacity, { keys }) => createWTinyLfu(capacity, keys),
  'redis-lru': (capacity, { keys }, draw) => createRedisLru(capacity, keys, { draw }),
  'redis-lfu': (capacity, { keys }, draw) => createRedisLfu(capacity, keys, { draw }),
  belady: (capacity, { keys, refs }) => createBelady(capacity, keys, refs),
} as const satisfies Record<string, MakePolicy>;

export type PolicyName = keyof typeof policies;
export const policyNames = Object.keys(policies) as PolicyName[];

/**
 * @param draw what Redis' policies sample by; the others draw nothing.
 */
export const createPolicy = (name: PolicyName, ...made: Parameters<MakePolicy>): Policy => policies[name](...made);

/** @throws DubplateError INVALID_OPTIONS with all that there are. */
export function policyNamed(name: string): PolicyName {
  const found = policyNames.find((known) => known === name);
  if (found) return found;
  throw new DubplateError('INVALID_OPTIONS', `There is no policy '${name}'`, {
    hint: `Choose among ${policyNames.join(', ')}.`,
  });
}
