import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Copy, otherSide, pointerText, readPointer, type Side } from '../../../engine/cache/pointer.ts';

const copy: fc.Arbitrary<Copy> = fc.record({
  generation: fc.nat({ max: 0xffff_ffff }),
  side: fc.constantFrom<Side>('', 'A', 'B'),
});

it('reads what it wrote, with and without an earlier generation', () => {
  fc.assert(
    fc.property(copy, fc.option(copy, { nil: undefined }), (served, earlier) => {
      const pointer = earlier ? { ...served, earlier } : served;
      expect(readPointer(pointerText(pointer), 'key')).toEqual(pointer);
    }),
  );
  expect(pointerText({ generation: 8, side: 'B', earlier: { generation: 7, side: 'A' } })).toBe('8B 7A');
});

it('takes nothing else for a pointer', () => {
  for (const text of ['', 'yesterday', '7C', '7A ', ' 7', '-7', '7.5', '12345678901', '7A 8B 9A', '7a']) {
    expect(() => readPointer(text, 'dp:x:@'), text).toThrow(`dp:x:@ holds '${text}'`);
  }
});

it('has generations take sides in turn', () => {
  expect([otherSide('A'), otherSide('B'), otherSide('')]).toEqual(['B', 'A', 'A']);
});
