import { availableParallelism } from 'node:os';
import { chooseKernel } from '../engine/als/choose-kernel.ts';
import type { Kernel } from '../engine/als/kernel.ts';
import { nativeStatus } from '../engine/als/native.ts';
import { plural } from '../reports/format.ts';

/** The kernel for a command; says on stderr when it has to be the slow one, or has more threads than there are processors. */
export function kernelFor(threads: number | undefined): Kernel {
  const native = nativeStatus();
  if ('reason' in native && !process.env.DUBPLATE_KERNEL) {
    process.stderr.write(
      `Note: ${native.reason}; the TypeScript kernel works in its place, but slowly. ${native.advice}\n`,
    );
  }
  const kernel = chooseKernel(threads);
  const processors = availableParallelism();
  if (kernel.threads > processors) {
    process.stderr.write(
      `Note: ${kernel.threads} threads on ${plural(processors, 'processor')} take turns; more are no faster.\n`,
    );
  }
  return kernel;
}
