import { defineScenario } from './schema.ts';

/**
 * Does the encoder hear? Trained on synthesised tracks, tested on others: tempo, key, energy, timbre, and factors of which the sound
 * tells half. At this size it takes a minute of processor time; `--set hearing.tracks=3600 --set arms.encoder.encoder.epochs=11` is
 * the size of a demonstration.
 */
export default defineScenario({
  name: 'hearing',
  question: 'How much does the encoder hear of tempo, key, energy, timbre and taste, and how much could it?',
  seed: '1',
  days: 1,
  hearing: { tracks: 900, test: 250 },
  arms: { encoder: { encoder: { epochs: 7, batch: 32, tracksPerEpoch: 1_000_000 } } },
});
