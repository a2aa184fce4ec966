import { median } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { flopsPerSweep } from '../../engine/als/conjugate-gradient.ts';
import { trainAls } from '../../engine/als/train.ts';
import { silent } from '../../engine/core/progress.ts';
import { interactionMatrix } from '../../engine/interactions/csr.ts';
import { alsOptionsSchema } from '../../engine/options.ts';
import { prepareRetrieval, retrieveAll } from '../../engine/retrieval/retrieve.ts';
import { generateProblem, type ProblemSize } from '../../scenarios/bench/problem.ts';
import { startStopwatch } from '../../scenarios/bench/stopwatch.ts';
import { timeTraining, warmSweeps } from '../../scenarios/bench/timed-training.ts';
import { type FormName, fitTimes, type TimedPoint, usualForms } from '../../scenarios/capacity/fit.ts';

/**
 * Whether fits of really measured times hold at four times the largest size. Processor time is taken, which hardly moves with
 * what else the machine does; each repeat measures all sizes in turn, fits the small ones and predicts the large one.
 */
const repeats = 20;
const factors = 64;
/** Lists of everybody take 40 to 90 ms here: the median of several is what is fitted. */
const runsOfLists = 9;
const kernel = chooseKernel();

/** Something that is timed: the work in FLOP, and a function that does it once and says what it took. */
interface Timed {
  readonly n: number;
  seconds(): Promise<number>;
}

interface Outcome {
  readonly error: number;
  readonly isInside: boolean;
}

async function outcomes(
  name: string,
  small: readonly Timed[],
  large: Timed,
  forms: readonly FormName[] = usualForms,
): Promise<Outcome[]> {
  const measure = async ({ n, seconds }: Timed): Promise<TimedPoint> => ({ n, seconds: await seconds() });
  await measure(large); // compiled, and its memory touched
  const found: Outcome[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const points: TimedPoint[] = [];
    for (const one of small) points.push(await measure(one));
    const { seconds } = await measure(large);
    const predicted = fitTimes(points, forms)!.predict(large.n);
    found.push({
      error: predicted.seconds / seconds - 1,
      isInside: predicted.low <= seconds && seconds <= predicted.high,
    });
  }
  const inside = found.filter(({ isInside }) => isInside).length;
  const errors = found.map(({ error }) => `${(100 * error).toFixed(1)} %`);
  console.log(`${name}: ${inside} of ${repeats} inside, errors ${errors.join(', ')}`);
  return found;
}

function check(found: readonly Outcome[]): void {
  expect(found.filter(({ error }) => Math.abs(error) <= 0.15).length / found.length).toBeGreaterThanOrEqual(0.9);
  expect(found.filter(({ isInside }) => isInside).length / found.length).toBeGreaterThanOrEqual(0.9);
}

describe('a fit of times up to N predicts 4 N within 15 % in 90 % of 20 repeats, and its interval covers as many', () => {
  it('of a sweep of training', async () => {
    const als = alsOptionsSchema.parse({ factors, sweeps: 3 });
    const sweep = (interactions: number): Timed => {
      const size: ProblemSize = { users: interactions / 50, tracks: interactions / 100, interactions, factors };
      const { byUser, start } = generateProblem(size, '1', silent);
      const matrix = interactionMatrix(byUser);
      return {
        n: flopsPerSweep({ ...size, ...als }),
        seconds: async () => {
          const { ends } = await timeTraining(matrix, start, als, kernel);
          return median(warmSweeps(ends.map(({ cpuSeconds }) => cpuSeconds)));
        },
      };
    };
    const small = [125_000, 180_000, 250_000, 350_000, 500_000, 700_000, 1_000_000].map(sweep);
    check(await outcomes('training', small, sweep(4_000_000)));
  });

  it('of the list of a listener', async () => {
    const lists = async (tracks: number): Promise<Timed> => {
      const size: ProblemSize = { users: 2000, tracks, interactions: 100_000, factors };
      const { byUser, start } = generateProblem(size, '1', silent);
      const als = alsOptionsSchema.parse({ factors, sweeps: 2 });
      const trained = await trainAls(interactionMatrix(byUser), start, als, { kernel });
      const index = await prepareRetrieval(kernel, trained.users, trained.tracks);
      return {
        n: 2 * tracks * factors,
        seconds: async () => {
          const times: number[] = [];
          for (let i = 0; i < runsOfLists; i++) {
            const elapsed = startStopwatch();
            for await (const _ of retrieveAll(index, trained.users, 200, { heard: byUser }));
            times.push(elapsed().cpuSeconds / size.users);
          }
          return median(times);
        },
      };
    };
    const small: Timed[] = [];
    for (const tracks of [1000, 1200, 1400, 1700, 2000, 2800, 4000, 5600, 8000]) small.push(await lists(tracks));
    // Below 2^15 tracks: from there on the index is another one.
    check(await outcomes('retrieval', small, await lists(32_000), ['a n^b', ...usualForms]));
  });
});
