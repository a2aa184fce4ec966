import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBlender, type TrackEvidence } from '../../../engine/blend/blend-slate.ts';
import { agreementOf, audioOnCollaborativeScale, mix, scaleScratch } from '../../../engine/blend/one-scale.ts';
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
    isReleased: new Uint8Array(tracks).fill(1),
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

describe('audio on the collaborative scale', () => {
  it('keeps the order by audio and spans exactly the collaborative scores of tracks with evidence', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 25, max: n }), (seed, m) => {
        const draw = streams('scale', seed);
        const candidates = Uint32Array.from({ length: m }, (_, i) => i);
        const collaborative = normals(n, draw, 3, 0.5);
        const audio = normals(n, draw, 0, 1e-3);
        const plays = Array.from({ length: n }, (_, t) => (t < 22 ? 50 : Math.floor(8 * draw())));
        const out = new Float32Array(n);
        audioOnCollaborativeScale(candidates, collaborative, audio, plays, scaleScratch(n), out);
        const known = [...candidates].filter((t) => plays[t]! >= 5).map((t) => collaborative[t]!);
        const order = byScore(audio.subarray(0, m));
        expect(out[order[0]!]).toBeCloseTo(Math.max(...known), 6);
        expect(out[order.at(-1)!]).toBeCloseTo(Math.min(...known), 6);
        order.slice(1).forEach((track, i) => {
          expect(out[track]).toBeLessThanOrEqual(out[order[i]!]!);
        });
      }),
    );
  });

  it('gives every candidate the same quantile: with evidence everywhere, sorted scores meet sorted scores', () => {
    const draw = streams('quantile', 0);
    const [collaborative, audio] = [normals(n, draw, 5, 2), normals(n, draw)];
    const out = new Float32Array(n);
    const all = Uint32Array.from({ length: n }, (_, i) => i);
    audioOnCollaborativeScale(all, collaborative, audio, new Array(n).fill(9), scaleScratch(n), out);
    const expected = byScore(collaborative).map((t) => collaborative[t]!);
    byScore(audio).forEach((track, i) => {
      expect(out[track]).toBeCloseTo(expected[i]!, 5);
    });
  });

  it('is not fooled by the collaborative scores of tracks that nobody played', () => {
    const draw = streams('unplayed', 0);
    const all = Uint32Array.from({ length: n }, (_, i) => i);
    const plays = Array.from({ length: n }, (_, t) => (t < 100 ? 50 : 0));
    const collaborative = normals(n, draw, 1, 0.1);
    const audio = normals(n, draw);
    const [one, other] = [new Float32Array(n), new Float32Array(n)];
    audioOnCollaborativeScale(all, collaborative, audio, plays, scaleScratch(n), one);
    const changed = collaborative.map((value, t) => (t < 100 ? value : 0));
    audioOnCollaborativeScale(all, changed, audio, plays, scaleScratch(n), other);
    expect(other).toEqual(one);
  });
});

describe('a blended list', () => {
  it('admits new tracks to the first 50 in proportion to their number when evidence is equal', () => {
    const listeners = 400;
    const tracks = 1000;
    for (const share of [0.1, 0.3, 0.6]) {
      const known = catalogue((t) => t % 10 < 10 * share, tracks);
      const options = optionsOf({ kind: 'byEvidence', halfTrust: 1, mostTrust: 1 }, { length: 50 });
      const { blend } = createBlender(known, options);
      let fresh = 0;
      for (let listener = 0; listener < listeners; listener++) {
        const draw = streams(`listener ${share}`, listener);
        // Known tracks are told apart by plays, new ones by sound; predicted scores are shrunk a hundredfold,
        // and the collaborative scores of unplayed tracks are next to nothing.
        const collaborative = normals(tracks, draw, 0.4, 0.2);
        for (let t = 0; t < tracks; t++) if (known.isNew[t]) collaborative[t]! *= 1e-3;
        const audio = normals(tracks, draw, 0, 0.002);
        const heard = new Uint32Array();
        const slate = blend({ collaborative, audio, heard, interactions: 9 }, never);
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
    const listener = { collaborative, audio, heard: Uint32Array.of(3, 5), interactions: 4 };
    const known = catalogue((t) => t % 3 === 0);
    const expected = (scores: ArrayLike<number>) =>
      byScore(scores)
        .filter((t) => t !== 3 && t !== 5)
        .slice(0, 40);
    const listOf = (blend: BlendOptions) =>
      createBlender(known, optionsOf(blend, { length: 40 })).blend(listener, never);
    expect([...listOf({ kind: 'collaborative' }).tracks]).toEqual(expected(collaborative));
    expect(listOf({ kind: 'collaborative' }).collaborativeShare).toBe(1);
    expect([...listOf({ kind: 'audio' }).tracks]).toEqual(expected(audio));
    expect([...listOf({ kind: 'fixed', trust: 1 }).tracks]).toEqual(expected(collaborative));
    expect([...listOf({ kind: 'popular' }).tracks]).toEqual(expected(known.recentPlays));
    expect(listOf({ kind: 'popular' }).collaborativeShare).toBe(0);
    const deaf = { ...listener, audio: undefined };
    const half = createBlender(known, optionsOf({ kind: 'fixed', trust: 0.5 }, { length: 40 }));
    expect([...half.blend(deaf, never).tracks]).toEqual(expected(collaborative));
  });

  it('gives the charts to a listener of whom nothing is known', () => {
    const known = catalogue(() => false);
    const stranger = {
      collaborative: new Float32Array(n),
      audio: new Float32Array(n),
      heard: new Uint32Array(),
      interactions: 0,
    };
    for (const kind of ['collaborative', 'audio', 'byEvidence'] as const) {
      const options = optionsOf(engineOptionsSchema.shape.blend.parse({ kind }), { length: 9 });
      expect([...createBlender(known, options).blend(stranger, never).tracks]).toEqual(
        byScore(known.recentPlays).slice(0, 9),
      );
    }
  });

  it('holds only released and unheard tracks, once each, for any blend, and depends on nothing left of earlier lists', () => {
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
          isReleased: Uint8Array.from({ length: n }, () => (draw() < 0.8 ? 1 : 0)),
          plays: Uint32Array.from({ length: n }, () => Math.floor(40 * draw() ** 3)),
        };
        const heard = Uint32Array.from({ length: n }, (_, t) => t).filter(() => draw() < 0.3);
        const listener = { collaborative: normals(n, draw), audio: normals(n, draw), heard, interactions: 5 };
        const options = { ...optionsOf(blend, slots), degrade: { randomSlots } };
        const used = createBlender(known, options);
        used.blend({ ...listener, audio: normals(n, draw), heard: heard.filter((t) => t % 2 === 0) }, draw);
        const { tracks, propensity, collaborativeShare } = used.blend(listener, streams('layout', seed));
        const fresh = createBlender(known, options).blend(listener, streams('layout', seed));
        expect(fresh).toEqual({ tracks, propensity, collaborativeShare });
        const isHeard = new Set(heard);
        const allowed = Array.from(known.isReleased.keys()).filter((t) => known.isReleased[t] === 1 && !isHeard.has(t));
        expect(tracks).toHaveLength(Math.min(slots.length, allowed.length));
        expect(new Set(tracks).size).toBe(tracks.length);
        for (const track of tracks) expect(allowed).toContain(track);
        expect(propensity).toHaveLength(tracks.length);
        expect(collaborativeShare).toBeGreaterThanOrEqual(0);
        expect(collaborativeShare).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is the same from the best candidates as from all scores, where the collaborative score decides alone', () => {
    const special = fc.record({
      length: fc.integer({ min: 1, max: n + 50 }),
      slots: fc.nat(6),
      epsilonSlots: fc.nat(20),
    });
    fc.assert(
      fc.property(special, fc.nat(1e6), fc.constantFrom(0, 0.2), (slate, seed, randomSlots) => {
        const draw = streams('retrieved', seed);
        const known = catalogue((t) => t % 4 === 0);
        const heard = Uint32Array.from({ length: n }, (_, t) => t).filter(() => draw() < 0.3);
        const collaborative = normals(n, draw);
        const options = { ...optionsOf({ kind: 'collaborative' }, slate), degrade: { randomSlots } };
        const blender = createBlender(known, options);
        const best = topN(collaborative, slate.length, { heard }).rows;
        const most = slate.slots > 0 ? Math.ceil(slate.length / slate.slots) : 0;
        const bestNew = topN(collaborative, most, { heard, allow: known.isNew }).rows;
        expect(blender.reads).toBe('collaborative scores');
        expect(blender.layOut(best, bestNew, heard, streams('layout', seed))).toEqual(
          blender.blend({ collaborative, audio: undefined, heard, interactions: 5 }, streams('layout', seed)),
        );
      }),
    );
  });

  it('counts a position as collaborative when more than half of its score is', () => {
    const draw = streams('share', 0);
    const known = { ...catalogue(() => false), plays: Uint32Array.from({ length: n }, (_, t) => (t % 2 ? 21 : 20)) };
    const listener = {
      collaborative: normals(n, draw),
      audio: normals(n, draw),
      heard: new Uint32Array(),
      interactions: 5,
    };
    const slate = createBlender(known, optionsOf({ kind: 'byEvidence', halfTrust: 20, mostTrust: 1 })).blend(
      listener,
      never,
    );
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
    const agreement = agreementOf(candidates, own, other);
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
