import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BlendedSlate, createBlender, type TrackEvidence } from '../../../engine/blend/blend-slate.ts';
import {
  agreementOf,
  audioOnCollaborativeScale,
  bins,
  blendScores,
  evidenceOf,
  mix,
} from '../../../engine/blend/one-scale.ts';
import { rankingOf } from '../../../engine/blend/trust.ts';
import { createStreams, type Draw, normalFrom } from '../../../engine/core/random.ts';
import { type BlendOptions, type EngineOptions, engineOptionsSchema } from '../../../engine/options.ts';
import { topN } from '../../../engine/retrieval/top-n.ts';

const streams = createStreams('blend');
const n = 300;
const never: Draw = () => {
  throw new Error('nothing should be drawn');
};
const normals = (length: number, draw: Draw, mean = 0, sd = 1): Float32Array =>
  Float32Array.from({ length }, () => mean + sd * normalFrom(draw));

/** A catalogue where `isNew` says which tracks nobody has played; the others have 1,000 plays. */
const catalogue = (isNew: (track: number) => boolean, tracks = n): TrackEvidence => {
  const plays = Uint32Array.from({ length: tracks }, (_, t) => (isNew(t) ? 0 : 1000));
  return {
    isNew: Uint8Array.from(plays, (p) => (p === 0 ? 1 : 0)),
    plays,
    artistPlays: plays,
    recentPlays: Float64Array.from({ length: tracks }, (_, t) => (t * 7919) % tracks),
  };
};
const optionsOf = (blend: BlendOptions, rest: Partial<EngineOptions['slate']> = {}): EngineOptions => {
  const options = engineOptionsSchema.parse({ blend });
  return { ...options, slate: { ...options.slate, ...rest } };
};
const byScore = (scores: ArrayLike<number>): number[] =>
  Array.from({ length: scores.length }, (_, t) => t).sort((a, b) => scores[b]! - scores[a]! || a - b);

const rows = (length: number): Uint32Array => Uint32Array.from({ length }, (_, i) => i);
const range = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

describe('audio on the collaborative scale', () => {
  it('keeps the order by audio and spans exactly the collaborative scores of tracks with evidence', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 25, max: n }), (seed, m) => {
        const draw = streams('scale', seed);
        const collaborative = normals(n, draw, 3, 0.5);
        const audio = normals(n, draw, 0, 1e-3);
        const known = rows(m).filter((t) => t < 22 || draw() < 0.4);
        const onScale = audioOnCollaborativeScale(rows(m), known, collaborative, audio);
        const scores = Array.from(known, (t) => collaborative[t]!);
        const order = byScore(audio.subarray(0, m));
        expect(onScale(audio[order[0]!]!)).toBeCloseTo(Math.max(...scores), 5);
        expect(onScale(audio[order.at(-1)!]!)).toBeCloseTo(Math.min(...scores), 5);
        order.slice(1).forEach((track, i) => {
          expect(onScale(audio[track]!)).toBeLessThanOrEqual(onScale(audio[order[i]!]!));
        });
      }),
    );
  });

  it('gives every candidate its quantile: sorted scores meet sorted scores, within a bin and those beside it in theirs', () => {
    fc.assert(
      fc.property(fc.nat(1e6), (seed) => {
        const draw = streams('quantile', seed);
        const [collaborative, audio] = [normals(n, draw, 5, 2), normals(n, draw)];
        const onScale = audioOnCollaborativeScale(rows(n), rows(n), collaborative, audio);
        const expected = byScore(collaborative).map((t) => collaborative[t]!);
        const bin = range(expected) / bins;
        byScore(audio).forEach((track, i) => {
          const score = onScale(audio[track]!);
          expect(score).toBeLessThanOrEqual(expected[Math.max(0, i - 4)]! + bin);
          expect(score).toBeGreaterThanOrEqual(expected[Math.min(n - 1, i + 4)]! - bin);
        });
      }),
    );
  });

  it('is the middle where no candidate sounds unlike another', () => {
    const collaborative = Float32Array.of(1, 2, 5);
    const onScale = audioOnCollaborativeScale(rows(3), rows(3), collaborative, new Float32Array(3).fill(0.7));
    expect(onScale(0.7)).toBe(3);
  });
});

describe('blending two scores', () => {
  const evidence = (known: number): Uint8Array => evidenceOf(Array.from({ length: n }, (_, t) => (t < known ? 50 : 0)));

  it('is not fooled by the collaborative scores of tracks that nobody played', () => {
    const draw = streams('unplayed', 0);
    const trust = Float32Array.from({ length: n }, (_, t) => (t < 100 ? 0.6 : 0));
    const collaborative = normals(n, draw, 1, 0.1);
    const audio = normals(n, draw);
    const changed = collaborative.map((value, t) => (t < 100 ? value : 0));
    const [one, other] = [collaborative.slice(), changed.slice()];
    blendScores(one, audio, rows(n), { trust, evidence: evidence(100) });
    blendScores(other, audio, rows(n), { trust, evidence: evidence(100) });
    expect(other).toEqual(one);
  });

  it('lowers the bar of evidence where fewer than 20 candidates reach it, at last to all', () => {
    const draw = streams('bar', 0);
    const [collaborative, audio] = [normals(n, draw, 1, 0.1), normals(n, draw)];
    const trust = new Float32Array(n).fill(0.5);
    const blendedWith = (levels: readonly number[]): Float32Array => {
      const scores = collaborative.slice();
      blendScores(scores, audio, rows(n), { trust, evidence: Uint8Array.from(rows(n), (t) => levels[t] ?? 0) });
      return scores;
    };
    const twenty = Array.from({ length: 20 }, () => 1);
    expect(blendedWith([2, 2, ...twenty])).toEqual(blendedWith([1, 1, ...twenty]));
    expect(blendedWith(twenty.slice(1))).toEqual(blendedWith([]));
    expect(blendedWith(twenty)).not.toEqual(blendedWith([]));
  });

  it('leaves all but the candidates alone, and needs none', () => {
    const draw = streams('alone', 1);
    const [scores, audio] = [normals(n, draw), normals(n, draw)];
    const before = scores.slice();
    const blending = { trust: new Float32Array(n).fill(0.5), evidence: evidence(n) };
    blendScores(scores, audio, new Uint32Array(0), blending);
    expect(scores).toEqual(before);
    blendScores(scores, audio, Uint32Array.of(4, 8), blending);
    const changed = scores.map((score, t) => (t === 4 || t === 8 ? before[t]! : score));
    expect(changed).toEqual(before);
  });
});

/** What a blender makes of one listener, found by brute force. */
function listOf(
  known: TrackEvidence,
  options: EngineOptions,
  listener: { readonly collaborative: Float32Array; readonly audio: Float32Array; readonly heard: Uint32Array },
  draw: Draw,
): BlendedSlate {
  const blender = createBlender(known, options);
  const { heard, audio } = listener;
  if (blender.reads === 'no scores') return blender.charts(heard, draw);
  const trust = blender.trustOf([9]);
  const tracks = known.isNew.length;
  const candidates = rows(tracks).filter((track) => !heard.includes(track));
  const scores = (blender.reads === 'audio scores' ? audio : listener.collaborative).slice();
  if (blender.reads === 'both scores') blendScores(scores, audio, candidates, { trust, evidence: blender.evidence });
  const best = topN(scores, options.slate.length, { heard }).rows;
  return blender.layOut(best, topN(scores, tracks, { heard, allow: known.isNew }).rows, heard, trust, draw);
}

describe('a blended list', () => {
  it('admits new tracks to the first 50 in proportion to their number when evidence is equal', () => {
    const listeners = 400;
    const tracks = 1000;
    for (const share of [0.1, 0.3, 0.6]) {
      const known = catalogue((t) => t % 10 < 10 * share, tracks);
      const options = optionsOf({ kind: 'byEvidence', halfTrust: 1, mostTrust: 1 }, { length: 50 });
      let fresh = 0;
      for (let listener = 0; listener < listeners; listener++) {
        const draw = streams(`listener ${share}`, listener);
        // Known tracks are told apart by plays, new ones by sound; predicted scores are shrunk a hundredfold,
        // and the collaborative scores of unplayed tracks are next to nothing.
        const collaborative = normals(tracks, draw, 0.4, 0.2);
        for (let t = 0; t < tracks; t++) if (known.isNew[t]) collaborative[t]! *= 1e-3;
        const audio = normals(tracks, draw, 0, 0.002);
        const heard = new Uint32Array();
        const slate = listOf(known, options, { collaborative, audio, heard }, never);
        for (const track of slate.tracks) fresh += known.isNew[track]!;
      }
      // In a list of 50 from 1,000 the count is hypergeometric: sd below √(50·share·(1 − share)) per listener.
      const sd = Math.sqrt((50 * share * (1 - share)) / listeners) / 50;
      expect(Math.abs(fresh / (50 * listeners) - share)).toBeLessThan(4 * sd + 0.004);
    }
  });

  it('is the plain top list of whichever score is trusted alone', () => {
    const draw = streams('alone', 0);
    const [collaborative, audio] = [normals(n, draw), normals(n, draw)];
    const listener = { collaborative, audio, heard: Uint32Array.of(3, 5) };
    const known = catalogue((t) => t % 3 === 0);
    const expected = (scores: ArrayLike<number>) =>
      byScore(scores)
        .filter((t) => t !== 3 && t !== 5)
        .slice(0, 40);
    const list = (blend: BlendOptions) => listOf(known, optionsOf(blend, { length: 40 }), listener, never);
    expect([...list({ kind: 'collaborative' }).tracks]).toEqual(expected(collaborative));
    expect(list({ kind: 'collaborative' }).collaborativeShare).toBe(1);
    expect([...list({ kind: 'audio' }).tracks]).toEqual(expected(audio));
    expect([...list({ kind: 'fixed', trust: 1 }).tracks]).toEqual(expected(collaborative));
    expect([...list({ kind: 'popular' }).tracks]).toEqual(expected(known.recentPlays));
    expect(list({ kind: 'popular' }).collaborativeShare).toBe(0);
  });

  it('says which scores it reads', () => {
    const reads = (blend: BlendOptions) =>
      createBlender(
        catalogue(() => false),
        optionsOf(blend),
      ).reads;
    expect(reads({ kind: 'popular' })).toBe('no scores');
    expect(reads({ kind: 'collaborative' })).toBe('collaborative scores');
    expect(reads({ kind: 'fixed', trust: 1 })).toBe('collaborative scores');
    expect(reads({ kind: 'audio' })).toBe('audio scores');
    expect(reads({ kind: 'fixed', trust: 0.5 })).toBe('both scores');
    expect(reads({ kind: 'byEvidence', halfTrust: 5, mostTrust: 0.7 })).toBe('both scores');
  });

  it('holds only unheard tracks, once each, for any blend', () => {
    const kinds = fc.constantFrom<BlendOptions>(
      { kind: 'collaborative' },
      { kind: 'audio' },
      { kind: 'popular' },
      { kind: 'fixed', trust: 0.4 },
      { kind: 'byEvidence', halfTrust: 20, mostTrust: 1 },
    );
    const special = fc.record({
      length: fc.integer({ min: 1, max: n + 50 }),
      slots: fc.nat(6),
      epsilonSlots: fc.nat(20),
    });
    fc.assert(
      fc.property(kinds, special, fc.nat(1e6), fc.constantFrom(0, 0.2), (blend, slots, seed, randomSlots) => {
        const draw = streams('any', seed);
        const known = {
          ...catalogue((t) => t % 4 === 0),
          plays: Uint32Array.from({ length: n }, () => Math.floor(40 * draw() ** 3)),
        };
        const heard = Uint32Array.from({ length: n }, (_, t) => t).filter(() => draw() < 0.3);
        const listener = { collaborative: normals(n, draw), audio: normals(n, draw), heard };
        const options = { ...optionsOf(blend, slots), degrade: { randomSlots } };
        const { tracks, propensity, collaborativeShare } = listOf(known, options, listener, streams('layout', seed));
        const allowed = Array.from(rows(n)).filter((track) => !heard.includes(track));
        expect(tracks).toHaveLength(Math.min(slots.length, allowed.length));
        expect(new Set(tracks).size).toBe(tracks.length);
        for (const track of tracks) expect(allowed).toContain(track);
        expect(propensity).toHaveLength(tracks.length);
        expect(collaborativeShare).toBeGreaterThanOrEqual(0);
        expect(collaborativeShare).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('of charts depends on nothing left of earlier lists', () => {
    const blender = createBlender(
      catalogue((t) => t % 4 === 0),
      { ...optionsOf({ kind: 'popular' }, { length: 60, slots: 5 }), degrade: { randomSlots: 0.2 } },
    );
    const heard = rows(n).filter((t) => t % 3 === 0);
    const first = blender.charts(heard, streams('layout', 1));
    blender.charts(Uint32Array.of(1, 2), streams('layout', 2));
    expect(blender.charts(heard, streams('layout', 1))).toEqual(first);
    expect(first.tracks.filter((t) => t % 3 === 0)).toHaveLength(0);
  });

  it('counts a position as collaborative when more than half of its score is', () => {
    const draw = streams('share', 0);
    const known = { ...catalogue(() => false), plays: Uint32Array.from({ length: n }, (_, t) => (t % 2 ? 21 : 20)) };
    const listener = { collaborative: normals(n, draw), audio: normals(n, draw), heard: new Uint32Array() };
    const slate = listOf(known, optionsOf({ kind: 'byEvidence', halfTrust: 20, mostTrust: 1 }), listener, never);
    const odd = slate.tracks.filter((track) => track % 2 === 1).length;
    expect(slate.collaborativeShare).toBe(odd / slate.tracks.length);
  });
});

describe('mixing two scores of one scale', () => {
  const n = 20_000;
  const shared = streams('mix', 0);
  const candidates = Uint32Array.from({ length: n }, (_, t) => t);
  const own = normals(n, shared, 0.3, 0.2);

  it.each([0, 0.5, -0.6])('keeps mean and spread at any trust, when the scores correlate %d', (rho) => {
    const noise = normals(n, shared, 0, 0.2);
    const other = own.map((score, t) => 0.3 + rho * (score - 0.3) + Math.sqrt(1 - rho * rho) * noise[t]!);
    const agreement = agreementOf(candidates, own, (t) => other[t]!);
    expect(agreement.correlation).toBeCloseTo(rho, 1);
    for (const trust of [0, 0.2, 0.5, 0.9, 1]) {
      const mixed = own.map((score, t) => mix(trust, score, other[t]!, agreement));
      const mean = mixed.reduce((sum, x) => sum + x, 0) / n;
      const deviation = Math.sqrt(mixed.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n);
      expect(mean).toBeCloseTo(0.3, 2);
      expect(deviation).toBeCloseTo(0.2, 2);
    }
  });

  it('gives a score itself when it alone is trusted', () => {
    const agreement = { mean: 0.1, correlation: 0.3 };
    expect(mix(1, 0.7, -0.2, agreement)).toBeCloseTo(0.7, 12);
    expect(mix(0, 0.7, -0.2, agreement)).toBeCloseTo(-0.2, 12);
  });

  it('claims nothing where the two contradict each other perfectly', () => {
    expect(mix(0.5, 0.9, -0.7, { mean: 0.1, correlation: -1 })).toBe(0.1);
  });
});

describe('trust', () => {
  it('is a share that never falls as plays of the track grow, and is half of its most at halfTrust plays', () => {
    const ranking = rankingOf({ kind: 'byEvidence', halfTrust: 12, mostTrust: 1 });
    if (ranking.by !== 'scores') throw new Error('byEvidence ranks by scores');
    const trustAt = (trackPlays: number) => ranking.trust({ userInteractions: 0, trackPlays, artistPlays: 0 });
    expect(trustAt(0)).toBe(0);
    expect(trustAt(12)).toBe(0.5);
    const wary = rankingOf({ kind: 'byEvidence', halfTrust: 12, mostTrust: 0.7 });
    if (wary.by !== 'scores') throw new Error('byEvidence ranks by scores');
    expect(wary.trust({ userInteractions: 0, trackPlays: 12, artistPlays: 0 })).toBeCloseTo(0.35, 12);
    expect(wary.trust({ userInteractions: 0, trackPlays: 1e9, artistPlays: 0 })).toBeCloseTo(0.7, 6);
    fc.assert(
      fc.property(fc.nat(1e6), (plays) => {
        expect(trustAt(plays + 1)).toBeGreaterThanOrEqual(trustAt(plays));
        expect(trustAt(plays)).toBeLessThan(1);
      }),
    );
  });
});
