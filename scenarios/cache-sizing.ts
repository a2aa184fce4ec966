import { defineScenario } from './schema.ts';

/** One arm lives its days; then caches of every size, window, period and length are compared on who read when. */
export default defineScenario({
  name: 'cache-sizing',
  question:
    'How much cache, how many lists made beforehand, and how often, for how much of what listeners would enjoy?',
  seed: '17',
  days: 14,
  warmup: 4,
  history: 35,
  scoreHours: [0, 6, 12, 18],
  world: {
    tracks: 2000,
    releasesPerDay: 40,
    signupsPerDay: 20,
    cohorts: { regulars: { listeners: 1600, explore: 0.1 }, explorers: { listeners: 400, explore: 0.4 } },
  },
  arms: { nightly: { als: { factors: 64 }, blend: { kind: 'collaborative' } } },
  // Of so few tracks a list is made for next to nothing: work is priced for a catalogue where it is not.
  sizing: { catalogue: 1_000_000 },
  bounds: [],
});
