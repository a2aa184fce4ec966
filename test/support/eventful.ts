import { defineScenario } from '../../scenarios/schema.ts';

/**
 * Small, but everything that a run carries from day to day is there: two arms, an encoder that is trained, trained on and
 * carried along, new listeners and tracks, drawn positions, more than one block of listeners.
 */
export default defineScenario({
  name: 'eventful',
  question: 'Does a run that is interrupted end as if it had not been?',
  seed: '6',
  days: 4,
  warmup: 1,
  history: 3,
  family: 'social',
  world: {
    tracks: 120,
    releasesPerDay: 6,
    signupsPerDay: 6,
    sessionsPerDay: 0.4,
    cohorts: { all: { listeners: 560, explore: 0.3 } },
  },
  arms: {
    hybrid: {
      als: { factors: 8, firstSweeps: 2 },
      blend: { kind: 'byEvidence' },
      encoder: { epochs: 1, tracksPerEpoch: 32, minFans: 1, retrainDays: 2 },
    },
    charts: {
      als: { factors: 8, firstSweeps: 2 },
      blend: { kind: 'popular' },
      slate: { length: 30, epsilonSlots: 10 },
    },
  },
});
