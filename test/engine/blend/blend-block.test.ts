import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availableKernels, chooseKernel } from '../../../engine/als/choose-kernel.ts';
import type { KernelName } from '../../../engine/als/kernel.ts';
import { typescriptKernel } from '../../../engine/als/typescript-kernel.ts';
import { evidenceOf } from '../../../engine/blend/one-scale.ts';
import { createStreams, normalFrom } from '../../../engine/core/random.ts';
import { columnsOf, type SparsePattern } from '../../../engine/interactions/csr.ts';
import { topN } from '../../../engine/retrieval/top-n.ts';

const streams = createStreams('blend-block');
const native = availableKernels().filter((name) => name !== 'typescript');
const reference = typescriptKernel(1);

/** Scores of some listeners for some tracks, of which they have heard a share. */
function blockOf(seed: number, { listeners = 9, tracks = 300, heardShare = 0.2, agree = 0.5 } = {}) {
  const draw = streams('block', seed);
  const plays = Array.from({ length: tracks }, () => Math.floor(60 * draw() ** 4));
  const collaborative = Float32Array.from({ length: listeners * tracks }, () => 0.3 + 0.1 * normalFrom(draw));
  const audio = collaborative.map((score) => 0.01 * (agree * score + 0.05 * normalFrom(draw)));
  const indptr = new Uint32Array(listeners + 1);
  const indices: number[] = [];
  for (let i = 0; i < listeners; i++) {
    for (let t = 0; t < tracks; t++) if (draw() < heardShare) indices.push(t);
    indptr[i + 1] = indices.length;
  }
  const heard: SparsePattern = { rows: listeners, cols: tracks, indptr, indices: Uint32Array.from(indices) };
  const trust = Float32Array.from(plays, (count) => (0.4 * count) / (count + 5));
  return { collaborative, audio, heard, blending: { trust, evidence: evidenceOf(plays) } };
}
type Block = ReturnType<typeof blockOf>;

/** What a kernel makes of a block: blended scores and lists of at most n. */
async function blendedBy(kernel: typeof reference, { collaborative, audio, blending, heard }: Block, n: number) {
  const blended = collaborative.slice();
  return { blended, ...(await kernel.blendBlock(blended, audio.slice(), blending, n, heard)) };
}

describe.each(native)('blended by the %s kernel', (name: KernelName) => {
  const kernel = chooseKernel(2, name);

  it('scores are those of the reference within rounding, and none is left of what was heard', async () => {
    const shape = fc.record({
      tracks: fc.integer({ min: 60, max: 400 }),
      heardShare: fc.constantFrom(0, 0.1, 0.9),
      agree: fc.constantFrom(0, 0.5, -5),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), shape, async (seed, of) => {
        const block = blockOf(seed, of);
        const [ours, theirs] = [await blendedBy(kernel, block, 20), await blendedBy(reference, block, 20)];
        expect(ours.lengths).toEqual(theirs.lengths);
        let apart = 0;
        for (const [i, score] of ours.blended.entries()) {
          if (theirs.blended[i] === Number.NEGATIVE_INFINITY) expect(score).toBe(Number.NEGATIVE_INFINITY);
          else if (!(Math.abs(score - theirs.blended[i]!) < 1e-4)) apart += 1;
        }
        // In float32 a place among the bins is off by up to 1e-4 of a bin, which may hold all of the step to the next rank.
        // A score on the edge between two bins may be counted in either, which moves those around it by less than a rank.
        expect(apart / ours.blended.length).toBeLessThan(0.05);
      }),
      { numRuns: 60 },
    );
  });

  it('catalogues of a few tracks are blended too', async () => {
    for (let tracks = 1; tracks <= 25; tracks++) {
      const block = blockOf(tracks, { tracks });
      const [ours, theirs] = [await blendedBy(kernel, block, 20), await blendedBy(reference, block, 20)];
      expect(ours.lengths).toEqual(theirs.lengths);
      for (const [i, score] of ours.blended.entries()) {
        expect(Number.isFinite(score)).toBe(Number.isFinite(theirs.blended[i]));
        expect(Number.isNaN(score)).toBe(false);
      }
    }
  });

  it('lists are exactly the best by the blended scores', async () => {
    for (const n of [1, 7, 299, 300, 1000]) {
      const block = blockOf(n, { heardShare: 0.4 });
      const { blended, rows, lengths, n: most } = await blendedBy(kernel, block, n);
      for (let i = 0; i < block.heard.rows; i++) {
        const heard = columnsOf(block.heard, i);
        const best = topN(blended.subarray(i * 300, (i + 1) * 300), n, { heard });
        expect(rows.slice(i * most, i * most + lengths[i]!)).toEqual(best.rows);
      }
    }
  });

  it('bits do not depend on threads, instruction set, or who else is in the block', async () => {
    const block = blockOf(5, { tracks: 5000 });
    const all = await blendedBy(kernel, block, 50);
    const one = chooseKernel(1, native[0]!);
    expect(await blendedBy(one, block, 50)).toEqual(all);
    const of = (scores: Float32Array<ArrayBuffer>) => scores.subarray(3 * 5000, 4 * 5000);
    const { indptr } = block.heard;
    const alone = await blendedBy(
      one,
      {
        ...block,
        collaborative: of(block.collaborative),
        audio: of(block.audio),
        heard: { ...block.heard, rows: 1, indptr: indptr.slice(3, 5) },
      },
      50,
    );
    expect(alone.blended).toEqual(of(all.blended));
    expect(alone.rows).toEqual(all.rows.slice(3 * 50, 4 * 50));
  });

  it('trust may be a matter of the listener', async () => {
    const block = blockOf(6);
    const trust = Float32Array.from({ length: block.collaborative.length }, (_, i) => (i < 300 ? 1 : 0.4));
    const personal = { ...block, blending: { ...block.blending, trust } };
    const { blended } = await blendedBy(kernel, personal, 5);
    for (const track of [0, 9, 299]) {
      if (blended[track]! > Number.NEGATIVE_INFINITY)
        expect(blended[track]).toBeCloseTo(block.collaborative[track]!, 6);
    }
    const same = await blendedBy(kernel, { ...block, blending: { ...block.blending, trust: trust.slice(-300) } }, 5);
    expect(blended.subarray(300)).toEqual(same.blended.subarray(300));
  });

  it('listeners who have heard everything, and scores that do not vary, are no trouble', async () => {
    const block = blockOf(7, { heardShare: 1 });
    expect([...(await blendedBy(kernel, block, 5)).lengths]).toEqual(new Array(9).fill(0));
    const flat = { ...blockOf(8), audio: new Float32Array(9 * 300).fill(0.1) };
    const { blended } = await blendedBy(kernel, flat, 5);
    expect(blended.some(Number.isNaN)).toBe(false);
    const silent = { ...blockOf(9), collaborative: new Float32Array(9 * 300) };
    const { blended: silenced, lengths } = await blendedBy(kernel, silent, 5);
    expect(silenced.every((score) => score === 0 || score === Number.NEGATIVE_INFINITY)).toBe(true);
    expect(lengths.every((length) => length === 5)).toBe(true);
  });
});
