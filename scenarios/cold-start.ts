import { defineScenario } from './schema.ts';

/**
 * The main job: what audio evidence does for a track's first week and for a listener's first days. By the last day there are
 * 5,000 listeners and 8,000 tracks.
 */
export default defineScenario({
  name: 'cold-start',
  question: 'Does audio evidence give new tracks a fair first week without hurting known listeners?',
  seed: '7',
  days: 14,
  warmup: 2,
  history: 60,
  world: {
    tracks: 6600,
    releasesPerDay: 100,
    signupsPerDay: 50,
    cohorts: { regulars: { listeners: 3440, explore: 0.1 }, explorers: { listeners: 860, explore: 0.4 } },
  },
  arms: {
    collaborative: { blend: { kind: 'collaborative' } },
    hybrid: { blend: { kind: 'byEvidence' } },
  },
});
