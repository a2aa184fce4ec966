import fc from 'fast-check';
import { expect, it } from 'vitest';
import { planInputs, valuesOf } from '../../scenarios/capacity/inputs.ts';
import { bytesPerShard, plannedLists, shardsNeeded, usableBytes } from '../../scenarios/capacity/shards.ts';

it('shards are as many as hold the lists, and one fewer would not do, also where there are 100,000', () => {
  const values = valuesOf(planInputs({}));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300e6 }),
      fc.double({ min: 2e6, max: 25e9, noNaN: true }),
      (listeners, shardBytes) => {
        const inputs = { ...values, listeners, shardBytes };
        const shards = shardsNeeded(plannedLists(inputs), inputs);
        const isFull = (count: number): boolean =>
          bytesPerShard(plannedLists(inputs), count, inputs) > usableBytes(inputs);
        expect(isFull(shards)).toBe(false);
        if (shards > 1) expect(isFull(shards - 1)).toBe(true);
      },
    ),
    {
      examples: [
        [300e6, 3.1e6],
        [299_999_999, 2.3e6],
        [123_456_789, 2e6],
      ],
    },
  );
});
