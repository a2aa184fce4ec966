import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ListenerSet } from '../../../engine/cache/listener-set.ts';

it('holds what a Set would, near and far apart, page borders and both ends of the range included', () => {
  const near = fc.nat({ max: 70_000 });
  const anywhere = fc.nat({ max: 0xffff_ffff });
  const border = fc.constantFrom(0, 31, 32, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 0xffff_ffff);
  fc.assert(
    fc.property(fc.array(fc.oneof(near, anywhere, border), { maxLength: 60 }), (listeners) => {
      const set = new ListenerSet();
      const seen = new Set<number>();
      for (const listener of listeners) {
        expect(set.add(listener)).toBe(!seen.has(listener));
        seen.add(listener);
      }
      expect(set.size).toBe(new Set(listeners).size);
      for (const listener of [...listeners, 0, 32, 65_536, 7, 0xffff_ffff]) {
        expect(set.has(listener)).toBe(listeners.includes(listener));
      }
      expect([...set].sort((a, b) => a - b)).toEqual([...new Set(listeners)].sort((a, b) => a - b));
    }),
  );
});
