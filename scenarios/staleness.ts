import { defineScenario } from './schema.ts';

const engine = {
  als: { factors: 64 },
  encoder: { epochs: 3, tracksPerEpoch: 300 },
} as const;

/**
 * What lists lose as they grow old, and what younger ones cost: refresh periods beside lists made anew at each read, where taste
 * stays, where a third of it is another within a year, and where all of it is.
 */
export default defineScenario({
  name: 'staleness',
  question:
    'How old may lists grow: what does a refresh every 24 hours lose against shorter periods, and what do those cost?',
  seed: '19',
  days: 6,
  warmup: 2,
  history: 21,
  // Right after the refresh of the night every list is as good as new: what ages is seen over the day.
  scoreHours: [0, 6, 12, 18],
  world: {
    tracks: 1000,
    releasesPerDay: 40,
    signupsPerDay: 15,
    cohorts: { regulars: { listeners: 800, explore: 0.1 }, explorers: { listeners: 200, explore: 0.4 } },
  },
  sweep: { path: 'world.drift', values: [0, 0.3, 1] },
  arms: {
    every6: { ...engine, slate: { refreshHours: 6 } },
    every12: { ...engine, slate: { refreshHours: 12 } },
    every24: { ...engine, slate: { refreshHours: 24 } },
    every48: { ...engine, slate: { refreshHours: 48 } },
    immediate: { ...engine, slate: { foldIn: 'everyone' } },
  },
  bounds: [],
});
