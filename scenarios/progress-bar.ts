import { SingleBar } from 'cli-progress';
import { type Progress, silent } from '../engine/core/progress.ts';

/** How progress is shown, and how to take it off the screen when the work is over. */
interface ProgressDisplay {
  readonly progress: Progress;
  stop(): void;
}

/** At most one plain line in this many milliseconds where there is no terminal. */
const lineEveryMs = 5000;

/**
 * Shows how far work is. Ctrl-C ends the process with code 130 and a line that says what is left.
 * @param left what of the work is on disk when it is interrupted, and how to go on.
 */
export async function withProgress<T>(
  options: { readonly quiet: boolean },
  left: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const display = showProgress(options);
  const onInterrupt = (): void => {
    display.stop();
    process.stderr.write(`\nInterrupted. ${left}\n`);
    process.exit(130);
  };
  process.once('SIGINT', onInterrupt);
  try {
    return await work(display.progress);
  } finally {
    process.off('SIGINT', onInterrupt);
    display.stop();
  }
}

/** A bar with rate and time left on a terminal, plain lines otherwise, nothing with `--quiet`; always on stderr. */
function showProgress(options: { readonly quiet: boolean }): ProgressDisplay {
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
      process.stderr.write(`${label} ${Number.isInteger(done) ? done : done.toFixed(1)}/${total}\n`);
    },
    stop: () => {},
  };
}

/** A number with three significant digits and no exponent. */
const significant = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
