import { chooseKernel } from '../engine/als/choose-kernel.ts';
import type { Kernel } from '../engine/als/kernel.ts';
import { nativeStatus } from '../engine/als/native.ts';

/** The kernel for a command; says on stderr, in one line, when it has to be the slow one. */
export function kernelFor(threads: number | undefined): Kernel {
  const native = nativeStatus();
  if ('reason' in native && !process.env.DUBPLATE_KERNEL) {
    process.stderr.write(
      `Note: ${native.reason}; the TypeScript kernel works in its place, but slowly. ${native.advice}\n`,
    );
  }
  return chooseKernel(threads);
}
