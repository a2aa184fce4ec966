import { defineScenario } from './schema.ts';

/** Copy this file to compare blends of your own: each arm is one engine configuration, everything else is shared. */
export default defineScenario({
  name: 'blend',
  question: 'Which rule for sharing trust between the collaborative and the audio score serves listeners best?',
  seed: '11',
  days: 5,
  warmup: 1,
  history: 30,
  world: {
    tracks: 800,
    releasesPerDay: 20,
    signupsPerDay: 10,
    cohorts: { regulars: { listeners: 500, explore: 0.2 } },
  },
  arms: {
    collaborative: { blend: { kind: 'collaborative' } },
    half: { blend: { kind: 'fixed', trust: 0.5 } },
    byEvidence: { blend: { kind: 'byEvidence' } },
    // As before, and the sound of a new track is moved to where its artist's other tracks are loved.
    withArtist: { blend: { kind: 'withArtist' } },
    // A declared share of exploration: ten positions of every list are drawn at random, with their propensity logged.
    exploring: { blend: { kind: 'byEvidence' }, slate: { epsilonSlots: 10 } },
  },
});
