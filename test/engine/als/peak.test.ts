import { describe, expect, it } from 'vitest';
import { availableKernels, chooseKernel } from '../../../engine/als/choose-kernel.ts';

describe('the peak of the processor', () => {
  it.each(availableKernels())('is a number of operations a second where the kernel can say: %s', async (name) => {
    for (const threads of [1, 3]) {
      const peak = await chooseKernel(threads, name).peakFlops?.(5);
      if (name === 'typescript') expect(peak).toBeUndefined();
      else expect(peak).toSatisfy((flops: number) => Number.isFinite(flops) && flops > 0);
    }
  });
});
