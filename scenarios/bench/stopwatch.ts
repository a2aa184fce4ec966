/** Time by the clock, and of the processor: all threads of this process together. */
export interface Elapsed {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Begins to measure; the function returned says what has passed since. */
export function startStopwatch(): () => Elapsed {
  const cpu = process.cpuUsage();
  const start = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
  };
}

/** The most memory that this process has had at once, in bytes. */
export const peakMemoryBytes = (): number => process.resourceUsage().maxRSS * 1024;
