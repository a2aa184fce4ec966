import { availableParallelism } from 'node:os';
import { DubplateError } from '../core/errors.ts';
import type { Kernel, KernelName } from './kernel.ts';
import { nativeKernel, nativeStatus } from './native.ts';
import { typescriptKernel } from './typescript-kernel.ts';

/** From fast to slow; the portable one is for processors without AVX2. */
const nativeSets = ['avx512', 'avx2', 'portable'] as const;

/**
 * The fastest kernel that runs here. The environment variable DUBPLATE_KERNEL names another: `avx512`, `avx2`, `portable`
 * or `typescript`.
 *
 * @param threads how many to use; as many as there are processors when not given.
 * @throws DubplateError INVALID_OPTIONS when that name is unknown, MISSING_TOOL when what it names does not run here.
 */
export function chooseKernel(threads = availableParallelism(), wanted = process.env.DUBPLATE_KERNEL): Kernel {
  if (wanted) return kernelNamed(wanted, threads);
  const native = nativeStatus();
  if (!('addon' in native)) return typescriptKernel(threads);
  const set = nativeSets.find((name) => native.addon.supports(name)) ?? 'portable';
  return nativeKernel(native.addon, set, threads);
}

/** The kernels that run here, fastest first. */
export function availableKernels(): KernelName[] {
  const native = nativeStatus();
  return [...('addon' in native ? nativeSets.filter((name) => native.addon.supports(name)) : []), 'typescript'];
}

function kernelNamed(wanted: string, threads: number): Kernel {
  if (wanted === 'typescript') return typescriptKernel(threads);
  const set = nativeSets.find((name) => name === wanted);
  if (!set) {
    throw new DubplateError(
      'INVALID_OPTIONS',
      `DUBPLATE_KERNEL is "${wanted}", expected ${nativeSets.join(', ')} or typescript`,
      {
        hint: 'Unset it to use the fastest kernel that runs here.',
      },
    );
  }
  const native = nativeStatus();
  if (!('addon' in native)) {
    throw new DubplateError('MISSING_TOOL', `DUBPLATE_KERNEL is "${wanted}", but ${native.reason}`, {
      hint: native.advice,
    });
  }
  if (!native.addon.supports(set)) {
    throw new DubplateError('MISSING_TOOL', `DUBPLATE_KERNEL is "${wanted}", but this processor does not have it`, {
      hint: `Here run: ${availableKernels().join(', ')}. Unset it to use the fastest.`,
    });
  }
  return nativeKernel(native.addon, set, threads);
}
