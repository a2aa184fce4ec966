import { SingleBar } from 'cli-progress';
import { type Progress, silent } from '../engine/core/progress.ts';

/** How progress is shown, and how to take it off the screen when the work is over. */
export interface ProgressDisplay {
  readonly progress: Progress;
  stop(): void;
}

/** At most one plain line in this many milliseconds where there is no terminal. */
const lineEveryMs = 5000;

/** A bar with rate and time left on a terminal, plain lines otherwise, nothing with `--quiet`; always on stderr. */
export function showProgress(options: { readonly quiet: boolean }): ProgressDisplay {
  if (options.quiet) return { progress: silent, stop: () => {} };
  return process.stderr.isTTY ? terminalBar() : plainLines();
}

function terminalBar(): ProgressDisplay {
  const bar = new SingleBar({
    format: '{label} {bar} {percentage} % · {rate}/s · {eta_formatted} left',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 24,
    fps: 5,
  });
  let current: string | undefined;
  let startedAt = 0;
  return {
    progress: (label, done, total) => {
      if (label !== current) {
        if (current !== undefined) bar.stop();
        current = label;
        startedAt = performance.now();
        bar.start(total, 0, { label: label.padEnd(34), rate: '-' });
      }
      const seconds = (performance.now() - startedAt) / 1000;
      bar.update(done, { rate: seconds > 0.2 ? significant(done / seconds) : '-' });
    },
    stop: () => {
      if (current !== undefined) bar.stop();
      current = undefined;
    },
  };
}

function plainLines(): ProgressDisplay {
  let current: string | undefined;
  let printedAt = 0;
  return {
    progress: (label, done, total) => {
      const now = performance.now();
      if (label === current && now - printedAt < lineEveryMs) return;
      current = label;
      printedAt = now;
      process.stderr.write(`${label} ${done}/${total}\n`);
    },
    stop: () => {},
  };
}

/** A number with three significant digits and no exponent. */
const significant = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
