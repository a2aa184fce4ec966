import { describe, expect, it } from 'vitest';
import { type ArtistEvidence, withArtistEvidence } from '../../../engine/blend/artist-evidence.ts';
import { type Matrix, rowOf, zeros } from '../../../engine/core/matrix.ts';
import { createStreams, normalFrom } from '../../../engine/core/random.ts';

const k = 8;
const perArtist = 6;

/** Factors y = e + a + noise with these standard deviations; the last track of each artist is new: it has no fans. */
function planted(artists: number, effect: number, noise: number, seed = 'planted') {
  const rows = artists * perArtist;
  const draw = createStreams(seed)('tracks', 0);
  const [factors, embeddings, truth] = [zeros(rows, k), zeros(rows, k), zeros(rows, k)];
  const fans = new Uint32Array(rows);
  for (let artist = 0; artist < artists; artist++) {
    const a = Float64Array.from({ length: k }, () => effect * normalFrom(draw));
    for (let i = 0; i < perArtist; i++) {
      const track = artist * perArtist + i;
      const isNew = i === perArtist - 1;
      fans[track] = isNew ? 0 : 1000;
      for (let d = 0; d < k; d++) {
        const e = normalFrom(draw);
        rowOf(embeddings, track)[d] = e;
        rowOf(truth, track)[d] = e + a[d]! + noise * normalFrom(draw);
        rowOf(factors, track)[d] = isNew ? 0 : rowOf(truth, track)[d]!;
      }
    }
  }
  const evidence: ArtistEvidence = {
    factors,
    embeddings,
    fans,
    isTaught: new Uint8Array(rows),
    artists: Array.from({ length: rows }, (_, t) => `artist ${Math.floor(t / perArtist)}`),
  };
  return { evidence, truth };
}

/** Mean squared distance of the new tracks. */
function errorOfNew({ fans }: ArtistEvidence, vectors: Matrix, truth: Matrix): number {
  let [error, count] = [0, 0];
  for (let track = 0; track < truth.rows; track++) {
    if (fans[track] !== 0) continue;
    rowOf(truth, track).forEach((y, d) => {
      error += (y - rowOf(vectors, track)[d]!) ** 2;
    });
    count += k;
  }
  return error / count;
}

describe('withArtistEvidence', () => {
  it('comes close to the least error there can be, whatever artists have in common', () => {
    for (const [effect, noise] of [
      [1, 0.5],
      [0.5, 1],
      [0.2, 1],
    ] as const) {
      const { evidence, truth } = planted(400, effect, noise);
      const { vectors, h } = withArtistEvidence(evidence);
      // With n other tracks: noise² + effect²·noise² / (n·effect² + noise²).
      const n = (perArtist - 1) * (1000 / 1010);
      const best = noise ** 2 + (effect ** 2 * noise ** 2) / (n * effect ** 2 + noise ** 2);
      const found = errorOfNew(evidence, vectors, truth);
      expect(found / best).toBeLessThan(1.08);
      expect(found).toBeLessThan(errorOfNew(evidence, evidence.embeddings, truth));
      expect(h / (noise / effect) ** 2).toBeGreaterThan(0.3);
      expect(h / (noise / effect) ** 2).toBeLessThan(3);
    }
  });

  it('says nothing where artists have nothing in common', () => {
    const { evidence } = planted(400, 0, 1);
    const { vectors, h } = withArtistEvidence(evidence);
    expect(h).toBeGreaterThanOrEqual(16);
    let moved = 0;
    vectors.data.forEach((v, i) => {
      moved = Math.max(moved, Math.abs(v - evidence.embeddings.data[i]!));
    });
    expect(moved).toBeLessThan(0.6);
  });

  it('uses no track for itself: its own factor changes where others are, not where it is', () => {
    const { evidence } = planted(20, 1, 0.5);
    // Taught throughout, so that h is the same.
    const taught = { ...evidence, isTaught: new Uint8Array(evidence.factors.rows).fill(1) };
    const before = withArtistEvidence(taught).vectors;
    const factors = { ...evidence.factors, data: evidence.factors.data.slice() };
    rowOf(factors, 0).fill(50);
    const after = withArtistEvidence({ ...taught, factors }).vectors;
    rowOf(after, 0).forEach((v, d) => {
      expect(v).toBeCloseTo(rowOf(before, 0)[d]!, 4);
    });
    expect(rowOf(after, 1)).not.toEqual(rowOf(before, 1));
    expect(rowOf(after, perArtist)).toEqual(rowOf(before, perArtist)); // of another artist
  });

  it('says the less the more fans a track has of its own', () => {
    const { evidence } = planted(20, 1, 0.5);
    const shifts = [0, 10, 90, 1_000_000].map((count) => {
      const fans = Uint32Array.from(evidence.fans);
      fans[0] = count;
      const { vectors } = withArtistEvidence({ ...evidence, fans, isTaught: new Uint8Array(fans.length).fill(1) });
      return Math.hypot(...rowOf(vectors, 0).map((v, d) => v - rowOf(evidence.embeddings, 0)[d]!));
    });
    const [unplayed = 0, half = 0, tenth = 0, none = 0] = shifts;
    expect(unplayed).toBeGreaterThan(1);
    expect(half / unplayed).toBeCloseTo(0.5, 4);
    expect(tenth / unplayed).toBeCloseTo(0.1, 4);
    expect(none / unplayed).toBeLessThan(2e-5);
  });

  it('leaves the tracks of artists of whom nothing is known where their sound is', () => {
    const { evidence } = planted(10, 1, 0.5);
    const fans = new Uint32Array(evidence.factors.rows);
    expect(withArtistEvidence({ ...evidence, fans }).vectors).toEqual(evidence.embeddings);
  });
});
