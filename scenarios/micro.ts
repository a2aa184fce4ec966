import { defineScenario } from './schema.ts';

/** The whole loop in seconds: serves the tests and a first look. Too small to conclude anything from. */
export default defineScenario({
  name: 'micro',
  question: 'Does the whole loop run: sound, training, blending, caching, listening, scoring?',
  seed: '3',
  days: 3,
  warmup: 1,
  history: 14,
  world: {
    tracks: 400,
    releasesPerDay: 10,
    signupsPerDay: 5,
    cohorts: { regulars: { listeners: 240, explore: 0.1 }, explorers: { listeners: 60, explore: 0.4 } },
  },
  arms: {
    collaborative: { als: { factors: 32 }, blend: { kind: 'collaborative' } },
    hybrid: { als: { factors: 32 }, blend: { kind: 'byEvidence' }, encoder: { epochs: 3 } },
  },
});
