import { interrupted } from './half-sweep.ts';
import type { Watch } from './kernel.ts';

/** What work on other threads and those who watch it share: [stop, rows done]. */
export type Control = Int32Array;

const pollMs = 100;

/**
 * Runs work that is watched, from time to time, and stopped through a {@link Control}.
 * @param memory of the control; shared, where other JavaScript threads work.
 * @throws INTERRUPTED when it was stopped.
 */
export async function watched<T>(
  watch: Watch | undefined,
  work: (control: Control) => Promise<T>,
  memory: ArrayBuffer | SharedArrayBuffer = new ArrayBuffer(8),
): Promise<T> {
  const control = new Int32Array(memory);
  const { onRows, signal } = watch ?? {};
  const stop = (): void => {
    Atomics.store(control, 0, 1);
  };
  if (signal?.aborted) throw interrupted();
  signal?.addEventListener('abort', stop);
  const poll = onRows && setInterval(() => onRows(Atomics.load(control, 1)), pollMs);
  try {
    const result = await work(control);
    if (signal?.aborted) throw interrupted();
    return result;
  } finally {
    clearInterval(poll);
    signal?.removeEventListener('abort', stop);
  }
}

export const isStopped = (control: Control): boolean => Atomics.load(control, 0) !== 0;

export const advance = (control: Control, rows: number): void => {
  Atomics.add(control, 1, rows);
};
