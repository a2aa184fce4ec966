import { flopsPerSweep } from '../engine/als/conjugate-gradient.ts';
import { rankAdvice } from '../engine/als/rank-advice.ts';
import { listensToSound } from '../engine/blend/trust.ts';
import { waveformSamples } from '../engine/core/catalogue.ts';
import { scheduleOf } from './schedule.ts';
import { familiesOf, type Scenario } from './schema.ts';
import { oldestHours } from './scoring/aged-lists.ts';
import { panelSize } from './scoring/segments.ts';
import { worldsOf } from './worlds.ts';

/**
 * Rates of two threads on a server with AVX-512, by the stages of `cold-start` at 5,000 listeners and at 100,000; a run's metrics
 * (`seconds.…`) say what yours really took.
 */
const rates = {
  /** Living an organic day, and writing it. */
  pastRowsPerSecond: 3e6,
  /** Reading it again, for each arm. */
  readRowsPerSecond: 2.2e6,
  /** Living a day with lists, and writing it. */
  servedRowsPerSecond: 1e6,
  synthesisedTracksPerSecond: 900,
  encoderTracksPerSecond: 300,
  embeddedTracksPerSecond: 1000,
  alsFlopsPerSecond: 1.1e11,
  /** What is known of each pair, weighed and sorted at night. */
  weighedPairsPerSecond: 8e6,
  /** Lists of factors alone skip what cannot reach them; a blend looks at every track. */
  retrievedPairsPerSecond: 1.3e9,
  blendedPairsPerSecond: 1.8e8,
  writtenListsPerSecond: 5e4,
  /** A listener of the panel at a scored hour, and each track that they might love. */
  scoredListenersPerSecond: 1.6e4,
  scoredPairsPerSecond: 1e8,
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

const sumOf = <T>(items: readonly T[], of: (item: T, i: number) => number): number =>
  items.reduce((sum, item, i) => sum + of(item, i), 0);

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
    { what: 'time in all, on two cores', value: `${seconds.toFixed(0)} s` },
    { what: 'memory', value: `${(bytes / 1e9).toFixed(1)} GB` },
  ];
  return { seconds, bytes, lines, warnings };
}

function estimateDays(scenario: Scenario): Estimate {
  const { world, history, days } = scenario;
  const worlds = worldsOf(scenario).length;
  const arms = Object.values(scenario.arms).map((arm) => ({
    ...arm,
    refreshes: scheduleOf(scenario, arm.slate).refreshesIn(days),
    isListening: listensToSound(arm.blend),
  }));
  const listeners =
    Object.values(world.cohorts).reduce((sum, cohort) => sum + cohort.listeners, 0) + world.signupsPerDay * days;
  const tracks = world.tracks + world.releasesPerDay * days;
  const pairs = Math.min(listeners * newPairsPerListenerDay * (history + days), (listeners * tracks) / 2);
  const pastRows = listeners * rowsPerListenerDay * history;
  const servedRows = listeners * rowsPerListenerDay * days * arms.length;
  const listening = arms.filter(({ isListening }) => isListening);
  const retrainings = 1 + listening.reduce((sum, { encoder }) => sum + Math.floor((days - 1) / encoder.retrainDays), 0);
  const examples = Math.max(
    0,
    ...listening.map(({ encoder }) => encoder.epochs * Math.min(encoder.tracksPerEpoch, tracks)),
  );
  // Lists of a refresh for everybody; where everyone is folded in, about one more for each listener and day.
  const listsOf = ({ refreshes, slate }: (typeof arms)[number]): number =>
    listeners * (refreshes + (slate.foldIn === 'everyone' ? days : 0));
  // The newly signed up are a panel of their own.
  const panel = Math.min(listeners, 2 * panelSize);
  // Where caches are compared, lists are scored again at every age.
  const ages = scenario.sizing ? 2 + oldestHours / 24 : 1;

  const stages = {
    'the past, and reading it': pastRows / rates.pastRowsPerSecond + (arms.length * pastRows) / rates.readRowsPerSecond,
    'days with lists': servedRows / rates.servedRowsPerSecond,
    'waveforms, once per world': listening.length > 0 ? tracks / rates.synthesisedTracksPerSecond : 0,
    encoder:
      listening.length > 0
        ? (retrainings * examples) / rates.encoderTracksPerSecond +
          (retrainings * tracks) / rates.embeddedTracksPerSecond
        : 0,
    ALS: sumOf(arms, ({ als, refreshes }, i) => {
      const sweeps = als.sweeps * (refreshes - 1) + (i === 0 ? als.firstSweeps : 0);
      return (
        (sweeps * flopsPerSweep({ users: listeners, tracks, interactions: pairs, ...als })) / rates.alsFlopsPerSecond +
        (refreshes * pairs) / rates.weighedPairsPerSecond
      );
    }),
    lists: sumOf(arms, (arm) => {
      const perSecond = arm.isListening ? rates.blendedPairsPerSecond : rates.retrievedPairsPerSecond;
      return listsOf(arm) * (tracks / perSecond + 1 / rates.writtenListsPerSecond);
    }),
    scores:
      arms.length *
      days *
      scenario.scoreHours.length *
      ages *
      panel *
      (1 / rates.scoredListenersPerSecond + tracks / rates.scoredPairsPerSecond),
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
      { what: 'rows of the log, all arms', value: ((pastRows + servedRows) * worlds).toExponential(1) },
    ],
    stages,
    { worlds, bytes, warnings },
  );
}
