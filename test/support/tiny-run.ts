import { vi } from 'vitest';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { main } from '../../scenarios/cli.ts';
import { type ExperimentOptions, runExperiment } from '../../scenarios/experiment.ts';
import { openRunFolder } from '../../scenarios/run-folder.ts';
import { parseScenario, type Scenario } from '../../scenarios/schema.ts';

/** Two arms that hear nothing, so that the whole run takes a second; one draws some positions. Its world has seed `1/0`. */
export const tinyScenario = parseScenario(
  {
    name: 'tiny',
    question: 'What does a run leave behind?',
    days: 2,
    history: 3,
    world: { tracks: 120, releasesPerDay: 6, signupsPerDay: 4, cohorts: { all: { listeners: 60, explore: 0.3 } } },
    arms: {
      collaborative: { als: { factors: 8, firstSweeps: 2 }, blend: { kind: 'collaborative' } },
      charts: {
        als: { factors: 8, firstSweeps: 2 },
        blend: { kind: 'popular' },
        slate: { length: 30, epsilonSlots: 10 },
      },
    },
    bounds: [],
  },
  'tiny',
);

/** How a test runs a scenario into a folder, unless it wants something else. */
export const optionsFor = (path: string, more: Partial<ExperimentOptions> = {}): ExperimentOptions => ({
  folder: openRunFolder(path, { resume: more.resume ?? false }),
  resume: false,
  redisUrl: undefined,
  encoder: undefined,
  kernel: chooseKernel(),
  command: 'npx dubplate run tiny',
  progress: () => {},
  ...more,
});

/** Run {@link tinyScenario} into a folder, with changes to it. */
export async function runTiny(path: string, changes: Partial<Scenario> = {}): Promise<void> {
  await runExperiment({ ...tinyScenario, ...changes }, optionsFor(path));
}

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command line, run in this process: what it writes and the exit code it sets. */
export async function say(...words: readonly string[]): Promise<Said> {
  const heard = (stream: NodeJS.WriteStream) => vi.spyOn(stream, 'write').mockImplementation(() => true);
  const [stdout, stderr] = [heard(process.stdout), heard(process.stderr)];
  const listeners = process.stdout.listeners('error');
  const text = ({ mock }: typeof stdout): string => mock.calls.map(([said]) => String(said)).join('');
  try {
    await main(['node', 'dubplate', ...words]);
    return { code: Number(process.exitCode ?? 0), stdout: text(stdout), stderr: text(stderr) };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
    process.exitCode = undefined;
    // Of a command that is a process of its own.
    for (const added of process.stdout.listeners('error')) {
      if (!listeners.includes(added)) process.stdout.off('error', added as (error: Error) => void);
    }
  }
}
