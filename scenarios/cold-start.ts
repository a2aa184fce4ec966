import { defineScenario } from './schema.ts';

/** The main job: what audio evidence does for a track's first week and for a listener's first days. */
export default defineScenario({
  name: 'cold-start',
  question: 'Does audio evidence give new tracks a fair first week without hurting known listeners?',
  seed: '7',
  days: 8,
  warmup: 2,
  history: 60,
  world: {
    tracks: 1500,
    releasesPerDay: 30,
    signupsPerDay: 20,
    cohorts: { regulars: { listeners: 800, explore: 0.1 }, explorers: { listeners: 200, explore: 0.4 } },
  },
  arms: {
    collaborative: { blend: { kind: 'collaborative' } },
    hybrid: { blend: { kind: 'byEvidence' } },
  },
});
