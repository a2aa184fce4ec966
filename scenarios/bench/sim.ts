import { median } from 'simple-statistics';
import type { Progress } from '../../engine/core/progress.ts';
import { wordAt } from '../../engine/core/random.ts';
import { neighbourhoodOf, poolsOf, trackFrom } from '../../sim/attention.ts';
import { bytesOf, columnOf } from '../../sim/columns.ts';
import { type KnownSlates, openCrew, type Service } from '../../sim/crew.ts';
import { type Crowd, createCrowd } from '../../sim/crowd.ts';
import { type FamilyName, worldOptionsSchema } from '../../sim/options.ts';
import { favouriteScenes } from '../../sim/people.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { parseSettings } from '../set-option.ts';
import { type BenchRow, shortCount, threadsText } from './rows.ts';
import { peakMemoryBytes, startStopwatch } from './stopwatch.ts';

export interface SimBench {
  readonly listeners: number;
  readonly tracks: number;
  readonly days: number;
  readonly slots: number;
  readonly family: FamilyName;
  readonly seed: string;
  readonly threads: number;
  /** Also with one thread, the same days in turn. */
  readonly scaling: boolean;
}

/** Days before the measured ones: on the first everybody is recalled, and the code is not compiled yet. */
const warmUpDays = 2;

/**
 * Simulates days of a world in which everybody has a list of `slots` tracks at hand, so that no engine's time is in them: all
 * listeners live, choose, react, and are logged.
 */
export async function benchSim(bench: SimBench, progress: Progress): Promise<BenchRow[]> {
  const { listeners, tracks, days, slots, family, seed, threads } = bench;
  const elapsedMaking = startStopwatch();
  const sizes = [
    `tracks=${tracks}`,
    `releasesPerDay=${tracks / 2500}`, // 40,000 a day of 100M
    `signupsPerDay=${listeners / 1000}`,
    `cohorts.all.listeners=${listeners}`,
  ];
  const options = parseSettings(worldOptionsSchema, sizes, 'What --listeners and --tracks say');
  const world = createWorld(options, { seed, family, historyDays: warmUpDays, days });
  const made = elapsedMaking().seconds;
  const known = knownSlates(world, slots);
  const counts = bench.scaling && threads > 1 ? [threads, 1] : [threads];
  const crews = counts.map((count) => ({ count, crew: openCrew(world, count), crowd: createCrowd(world) }));
  const figures = counts.map(() => ({ rate: [] as number[], cpuRate: [] as number[], seconds: [] as number[] }));
  let rows = 0;
  const service: Service = { observe() {}, serve: nobodyAsks, log: ({ length }) => (rows += length) };
  try {
    for (let day = -warmUpDays; day < days; day++) {
      for (const [i, { crew, crowd }] of crews.entries()) {
        const elapsed = startStopwatch();
        rows = 0;
        await crew.live(crowd, day, day < 0 ? 'organic' : 'served', service, known);
        const { seconds, cpuSeconds } = elapsed();
        if (day < 0) continue;
        figures[i]!.rate.push(rows / seconds / counts[i]!);
        figures[i]!.cpuRate.push(rows / cpuSeconds);
        figures[i]!.seconds.push(seconds);
      }
      progress('simulating days', warmUpDays + day + 1, warmUpDays + days);
    }
    for (const { crowd } of crews) crowd.audit();
  } finally {
    await Promise.all(crews.map(({ crew }) => crew.close()));
  }
  const on = `${shortCount(listeners)} listeners, ${shortCount(tracks)} tracks, ${family}`;
  const row = (what: string, size: string, value: number, unit: string): BenchRow => ({
    what,
    size: `${on}${size}`,
    value,
    unit,
    provenance: 'measured',
  });
  const [first] = crews;
  const bytes = bytesPerListener(world, first!.crowd);
  return [
    ...counts.flatMap((count, i) => [
      row('sim.rowsPerSecondPerCore', `, ${threadsText({ threads: count })}`, median(figures[i]!.rate), 'rows/s'),
      row('sim.rowsPerCpuSecond', `, ${threadsText({ threads: count })}`, median(figures[i]!.cpuRate), 'rows/s'),
      row('sim.secondsPerDay', `, ${threadsText({ threads: count })}`, median(figures[i]!.seconds), 's'),
    ]),
    ...(counts.length === 2
      ? [
          row(
            'sim.speedup',
            `, ${threads} threads over 1`,
            median(ratios(figures[1]!.seconds, figures[0]!.seconds)),
            '1',
          ),
        ]
      : []),
    row('sim.rowsPerListenerDay', '', rows / world.arrivals.signedUpAt.length, 'rows'),
    row('sim.bytesPerListener', ', without slates', bytes, 'B'),
    row('sim.bytesPerListener', `, with ${slots} slots`, bytes + 4 * slots, 'B'),
    row('sim.secondsToMake', '', made, 's'),
    row('sim.peakMemoryBytes', '', peakMemoryBytes(), 'B'),
  ];
}

const nobodyAsks = (): never => {
  throw new Error('everybody has a list, and yet somebody asked for one');
};

const ratios = (a: readonly number[], b: readonly number[]): number[] => a.map((value, i) => value / b[i]!);

/** What all columns of a listener take: those that change, and those that never do. */
function bytesPerListener({ arrivals, people, data }: World, crowd: Crowd): number {
  const { taste, destinations } = data;
  const fixed =
    bytesOf({ signedUpAt: arrivals.signedUpAt, region: arrivals.region, ...people, ...taste }) +
    (destinations ? bytesOf({ scenes: destinations.scenes, ...destinations.taste }) : 0);
  return crowd.bytesPerListener() + fixed / arrivals.signedUpAt.length;
}

/** Lists of tracks that are talked about in the listener's dearest scene on day 0. */
function knownSlates(world: World, slots: number): KnownSlates {
  const listeners = world.arrivals.signedUpAt.length;
  const attention = world.attentionOn(0);
  const [key0, key1] = world.streams.keyOf('bench slates');
  const tracks = columnOf('uint32', listeners * slots);
  for (let listener = 0; listener < listeners; listener++) {
    const pool =
      poolsOf(attention, neighbourhoodOf(attention, listener)) + 1 + world.people.scenes[listener * favouriteScenes]!;
    for (let slot = 0; slot < slots; slot++) {
      tracks[listener * slots + slot] = trackFrom(attention, pool, wordAt(key0, key1, listener * slots + slot));
    }
  }
  return { tracks, slots, generation: 1 };
}
