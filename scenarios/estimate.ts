import { flopsPerSweep } from '../engine/als/conjugate-gradient.ts';
import { rankAdvice } from '../engine/als/rank-advice.ts';
import { listensToSound } from '../engine/blend/trust.ts';
import { waveformSamples } from '../engine/core/catalogue.ts';
import { scheduleOf } from './schedule.ts';
import { familiesOf, type Scenario } from './schema.ts';
import { worldsOf } from './worlds.ts';

/**
 * Rates of one core of a 2.4 GHz server, medians of several runs; a run's manifest and `refreshSeconds` say what yours
 * really took.
 */
const rates = {
  eventRowsPerSecond: 1_000_000,
  synthesisedTracksPerSecond: 170,
  alsFlopsPerSecond: 2e10,
  encoderTracksPerSecond: 250,
  embeddedTracksPerSecond: 700,
  scoredPairsPerSecond: 1.2e7,
} as const;

/** What Node with its threads and ONNX Runtime take. */
const baseBytes = 6e8;

/** What a listener does on a day with the default dials: rows of the log, and pairs that meet for the first time. */
const rowsPerListenerDay = 20;
const newPairsPerListenerDay = 4;

export interface Estimate {
  readonly seconds: number;
  readonly bytes: number;
  readonly lines: readonly { readonly what: string; readonly value: string }[];
  readonly warnings: readonly string[];
}

/** Time, memory and warnings of a scenario from its sizes; nothing is run. */
export const estimate = (scenario: Scenario): Estimate =>
  scenario.hearing ? estimateHearing(scenario, scenario.hearing) : estimateDays(scenario);

function estimateHearing(scenario: Scenario, { tracks, test }: NonNullable<Scenario['hearing']>): Estimate {
  const worlds = scenario.worlds * familiesOf(scenario).length;
  const arms = Object.values(scenario.arms);
  const steps = arms.reduce((sum, { encoder }) => sum + encoder.epochs * Math.min(encoder.tracksPerEpoch, tracks), 0);
  // Once to solve the heads, once for the test, once more for the dial.
  const listening = arms.length * 2 * (tracks + test);
  const stages = {
    'waveforms, once per world': (tracks + test) / rates.synthesisedTracksPerSecond,
    training: steps / rates.encoderTracksPerSecond,
    'listening and scores': listening / rates.embeddedTracksPerSecond,
  };
  return totalled([{ what: 'tracks to learn from, tests, worlds', value: `${tracks}, ${test}, ${worlds}` }], stages, {
    worlds,
    bytes: baseBytes + (tracks + test) * waveformSamples * 2,
    warnings: [],
  });
}

/** The estimate as it is printed: sizes, each stage, sums. */
function totalled(
  sizes: Estimate['lines'],
  stages: Readonly<Record<string, number>>,
  {
    worlds,
    bytes,
    warnings,
  }: { readonly worlds: number; readonly bytes: number; readonly warnings: readonly string[] },
): Estimate {
  const seconds = worlds * Object.values(stages).reduce((sum, value) => sum + value, 0);
  const lines = [
    ...sizes,
    ...Object.entries(stages).map(([what, value]) => ({ what, value: `${(value * worlds).toFixed(1)} s` })),
    { what: 'time in all', value: `${seconds.toFixed(0)} s` },
    { what: 'memory', value: `${(bytes / 1e9).toFixed(1)} GB` },
  ];
  return { seconds, bytes, lines, warnings };
}

function estimateDays(scenario: Scenario): Estimate {
  const { world, history, days } = scenario;
  const worlds = worldsOf(scenario).length;
  const arms = Object.values(scenario.arms);
  const listeners =
    Object.values(world.cohorts).reduce((sum, cohort) => sum + cohort.listeners, 0) + world.signupsPerDay * days;
  const tracks = world.tracks + world.releasesPerDay * days;
  const pairs = Math.min(listeners * newPairsPerListenerDay * (history + days), (listeners * tracks) / 2);
  const rows = listeners * rowsPerListenerDay * (history + days * arms.length);
  const refreshesOf = (i: number): number => scheduleOf(scenario, arms[i]!.slate).refreshesIn(days);
  const listening = arms.filter(({ blend }) => listensToSound(blend));
  const retrainings = 1 + listening.reduce((sum, { encoder }) => sum + Math.floor((days - 1) / encoder.retrainDays), 0);
  const examples = Math.max(
    0,
    ...listening.map(({ encoder }) => encoder.epochs * Math.min(encoder.tracksPerEpoch, tracks)),
  );

  const stages = {
    'listening (the log)': rows / rates.eventRowsPerSecond,
    'waveforms, once per world': listening.length > 0 ? tracks / rates.synthesisedTracksPerSecond : 0,
    encoder:
      listening.length > 0
        ? (retrainings * examples) / rates.encoderTracksPerSecond +
          (retrainings * tracks) / rates.embeddedTracksPerSecond
        : 0,
    ALS: arms.reduce((sum, { als }, i) => {
      const sweeps = als.sweeps * (refreshesOf(i) - 1) + (i === 0 ? als.firstSweeps : 0);
      return (
        sum +
        (sweeps * flopsPerSweep({ users: listeners, tracks, interactions: pairs, ...als })) / rates.alsFlopsPerSecond
      );
    }, 0),
    // As much for the lists of a refresh as for one score of them.
    'lists and scores':
      arms.reduce((sum, _, i) => sum + (refreshesOf(i) + days * scenario.scoreHours.length) / 2, 0) *
      ((listeners * tracks) / rates.scoredPairsPerSecond),
  };
  const factors = Math.max(...arms.map(({ als }) => als.factors));
  // The log of a day, 27 B a row, as it waits, is folded and is read again; what is kept of each pair that met, twice while it is
  // being merged; 16-bit waveforms; factors of two generations with embeddings.
  const bytes =
    baseBytes +
    listeners * rowsPerListenerDay * 27 * 8 +
    pairs * 150 +
    (listening.length > 0 ? tracks * waveformSamples * 2 : 0) +
    (listeners + 2 * tracks) * factors * 4 * 3;
  const size = { users: listeners, tracks, interactions: pairs };
  const warnings = [
    ...new Set(arms.map(({ als }) => rankAdvice(als.factors, size)).filter((warning) => warning !== undefined)),
  ];
  return totalled(
    [
      { what: 'listeners, tracks, worlds', value: `${Math.round(listeners)}, ${Math.round(tracks)}, ${worlds}` },
      { what: 'rows of the log, all arms', value: (rows * worlds).toExponential(1) },
    ],
    stages,
    { worlds, bytes, warnings },
  );
}
