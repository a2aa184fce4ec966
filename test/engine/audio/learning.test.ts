import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAdam } from '../../../engine/audio/adam.ts';
import type { Rows } from '../../../engine/audio/design.ts';
import { keyNames, tempoAxis, tempoOf, tempoTarget } from '../../../engine/audio/labels.ts';
import { encoderQuality, keyScore } from '../../../engine/audio/quality.ts';
import { applyMap, ridge, ridgeApart } from '../../../engine/audio/ridge.ts';
import type { SoundAttributes } from '../../../engine/core/catalogue.ts';
import { rowOf, zeros } from '../../../engine/core/matrix.ts';
import { createStreams, normalFrom } from '../../../engine/core/random.ts';

const streams = createStreams('learning tests');

describe('createAdam', () => {
  it('takes the steps of TensorFlow.js on weights that are not decayed', async () => {
    await tf.setBackend('cpu');
    const start = [1, -2, 0.5];
    const targets = [0.3, 0.1, -4];
    const weight = { name: 'a.bias', shape: [3], data: Float32Array.from(start), rate: 1 };
    const ours = createAdam([weight]);
    const theirs = tf.train.adam(0.05, 0.9, 0.99, 1e-8);
    const variable = tf.variable(tf.tensor1d(start));
    for (let step = 0; step < 25; step++) {
      const slope = weight.data.map((w, i) => 0.5 * (w - targets[i]!));
      ours.step(() => slope, 0.05);
      theirs.minimize(() => tf.mul(0.25, tf.sum(tf.square(tf.sub(variable, tf.tensor1d(targets))))) as tf.Scalar);
    }
    const expected = variable.dataSync();
    weight.data.forEach((w, i) => {
      expect(w).toBeCloseTo(expected[i]!, 4);
    });
  });

  it('decays all but biases, obeys the rate of each weight, and caps the norm of all gradients together', () => {
    const make = (name: string, rate = 1) => ({ name, shape: [2, 1], data: Float32Array.of(1, 1), rate });
    const [weight, bias, slow] = [make('a.weight'), make('a.bias'), make('slow.bias', 0.1)];
    const still = createAdam([weight, bias, slow]);
    still.step(() => new Float32Array(2), 0.1);
    expect(weight.data[0]).toBeCloseTo(1 - 0.1 * 0.01, 6);
    expect(bias.data[0]).toBe(1);
    const moving = createAdam([bias, slow]);
    moving.step(() => Float32Array.of(1, 1), 0.1);
    expect((1 - slow.data[0]!) / (1 - bias.data[0]!)).toBeCloseTo(0.1, 4);
    // Adam's step does not depend on the scale of the gradient, so a cap shows only in what is remembered: a huge
    // gradient counts no more than one of norm 5 against later small ones.
    const path = (first: number): number => {
      const w = make('w.bias');
      const adam = createAdam([w]);
      adam.step(() => Float32Array.of(first, 0), 0.1);
      for (let i = 0; i < 5; i++) adam.step(() => Float32Array.of(0.5, 0), 0.1);
      return w.data[0]!;
    };
    expect(path(1e6)).toBeCloseTo(path(5), 5);
    expect(path(1)).not.toBeCloseTo(path(5), 3);
  });
});

describe('ridgeApart', () => {
  it('finds what there is in one output, and leaves another constant in which there is nothing', () => {
    const rowsOf = (name: string, n: number): Rows => {
      const draw = streams(name, 0);
      const [features, targets] = [zeros(n, 30), zeros(n, 2)];
      for (let r = 0; r < n; r++) {
        const x = rowOf(features, r);
        for (let i = 0; i < x.length; i++) x[i] = normalFrom(draw);
        rowOf(targets, r).set([2 + x[0]! - 3 * x[7]!, 5 + normalFrom(draw)]);
      }
      return { features, targets, weights: new Float32Array(n).fill(1) };
    };
    const { weight, bias } = ridgeApart(rowsOf('learnt', 60), rowsOf('checked', 400));
    expect(rowOf(weight, 0)[0]).toBeCloseTo(1, 1);
    expect(rowOf(weight, 7)[0]).toBeCloseTo(-3, 1);
    for (let i = 0; i < 30; i++) expect(Math.abs(rowOf(weight, i)[1]!)).toBeLessThan(0.05);
    expect(bias[1]).toBeCloseTo(5, 0);
  });
});

describe('ridge', () => {
  const problem = (n: number, p: number, q: number, noise: number, actor: number): Rows => {
    const draw = streams('ridge', actor);
    const planted = Float32Array.from({ length: p * q }, (_, i) => Math.sin(i + 1));
    const [features, targets] = [zeros(n, p), zeros(n, q)];
    for (let r = 0; r < n; r++) {
      const x = rowOf(features, r);
      for (let i = 0; i < p; i++) x[i] = 3 * i + (i + 1) * normalFrom(draw);
      for (let k = 0; k < q; k++) {
        let y = 5 * k + noise * normalFrom(draw);
        for (let i = 0; i < p; i++) y += x[i]! * planted[i * q + k]!;
        rowOf(targets, r)[k] = y;
      }
    }
    return { features, targets, weights: Float32Array.from({ length: n }, () => draw()) };
  };
  const none = (p: number, q: number): Rows => ({
    features: zeros(0, p),
    targets: zeros(0, q),
    weights: new Float32Array(0),
  });

  /** Σw|y - ŷ|² + λΣw|(deviation + 0.02)∘W|², as the docstring has it. */
  const lossOf = ({ features, targets, weights }: Rows, map: ReturnType<typeof ridge>, penalty: number): number => {
    const total = weights.reduce((a, b) => a + b, 0);
    const mean = Array.from(
      { length: features.cols },
      (_, i) => weights.reduce((s, w, r) => s + w * rowOf(features, r)[i]!, 0) / total,
    );
    const deviation = mean.map(
      (m, i) => 0.02 + Math.sqrt(weights.reduce((s, w, r) => s + w * (rowOf(features, r)[i]! - m) ** 2, 0) / total),
    );
    let loss = 0;
    weights.forEach((w, r) => {
      applyMap(map, rowOf(features, r)).forEach((z, k) => {
        loss += w * (rowOf(targets, r)[k]! - z) ** 2;
      });
    });
    map.weight.data.forEach((v, i) => {
      loss += penalty * total * (v * deviation[Math.floor(i / map.weight.cols)]!) ** 2;
    });
    return loss;
  };

  it.each([40, 3])(
    'lands on the minimum with %i rows and 4 features: no nudge of a coefficient lowers the loss',
    (n) => {
      const rows = problem(n, 4, 2, 1, 1);
      const map = ridge(rows, none(4, 2));
      const least = lossOf(rows, map, 2);
      fc.assert(
        fc.property(fc.nat({ max: 9 }), fc.constantFrom(-0.05, 0.05), (at, nudge) => {
          const [weight, bias] = [{ ...map.weight, data: map.weight.data.slice() }, map.bias.slice()];
          if (at < 8) {
            weight.data[at]! += nudge;
            const mean =
              rows.weights.reduce((s, w, r) => s + w * rowOf(rows.features, r)[at >> 1]!, 0) /
              rows.weights.reduce((a, b) => a + b, 0);
            bias[at & 1]! -= nudge * mean; // turn about the middle of the data
          } else bias[at - 8]! += nudge;
          expect(lossOf(rows, { weight, bias }, 2)).toBeGreaterThan(least * (1 - 1e-4));
        }),
      );
    },
  );

  it('chooses a small penalty when check rows are clean', () => {
    const clean = ridge(problem(200, 5, 2, 0.01, 2), problem(50, 5, 2, 0.01, 3));
    const blind = ridge(problem(200, 5, 2, 0.01, 2), none(5, 2));
    const check = problem(50, 5, 2, 0.01, 4);
    expect(lossOf(check, clean, 0)).toBeLessThan(0.5 * lossOf(check, blind, 0));
  });

  it('chooses a large penalty when features mean nothing', () => {
    const noise = (n: number, actor: number): Rows => {
      const rows = problem(n, 5, 2, 0, actor);
      const draw = streams('noise', actor);
      rows.targets.data.forEach((_, i, data) => {
        data[i] = normalFrom(draw);
      });
      return rows;
    };
    const size = ({ weight }: ReturnType<typeof ridge>): number => Math.hypot(...weight.data);
    const checked = ridge(noise(40, 6), noise(400, 7));
    expect(size(checked)).toBeLessThan(0.25 * size(ridge(noise(40, 6), none(5, 2))));
  });

  it('trusts a feature little that hardly varied: where it suddenly does, the answer stays in bounds', () => {
    const rows = problem(100, 4, 1, 1, 8);
    const draw = streams('hardly', 0);
    for (let r = 0; r < 100; r++) rowOf(rows.features, r)[3] = -3 + 0.0017 * normalFrom(draw);
    const map = ridge(rows, none(4, 1));
    const [quiet = Number.NaN, loud = Number.NaN] = [-3, -1.5].map(
      (x) => applyMap(map, Float32Array.of(0, 3, 6, x))[0],
    );
    expect(Math.abs(loud - quiet)).toBeLessThan(1);
  });

  it('takes rows of weight 0 for absent and a feature that never varies for nothing', () => {
    const rows = problem(30, 4, 1, 0.5, 5);
    for (let r = 0; r < 30; r++) rowOf(rows.features, r)[2] = 7;
    rows.weights.fill(0, 20);
    const map = ridge(rows, none(4, 1));
    expect(rowOf(map.weight, 2)[0]).toBe(0);
    for (let r = 20; r < 30; r++) rowOf(rows.targets, r)[0] = 1e6;
    expect(ridge(rows, none(4, 1))).toEqual(map);
  });
});

describe('labels', () => {
  it('read back the tempo that was written, within half a percent', () => {
    fc.assert(
      fc.property(fc.double({ min: 58, max: 190, noNaN: true }), (bpm) => {
        const target = new Float32Array(44);
        tempoTarget(bpm, target);
        expect(target.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
        expect(Math.abs(tempoOf(target.map(Math.log)) / bpm - 1)).toBeLessThan(0.005);
      }),
    );
  });

  it('name 24 keys and 44 tempi', () => {
    expect([keyNames.length, keyNames[0], keyNames[1], keyNames[13], keyNames[23]]).toEqual([
      24,
      'C major',
      'C minor',
      'F# minor',
      'B minor',
    ]);
    expect(tempoAxis.length).toBe(44);
    expect(tempoAxis[43]!).toBeCloseTo(55 * 1.03 ** 43, 6);
  });
});

describe('quality', () => {
  it('scores keys as MIREX does', () => {
    const [cMajor, gMajor, fMajor, aMinor, cMinor, dMajor, eMinor] = [0, 14, 10, 19, 1, 4, 9];
    expect([cMajor, gMajor, fMajor, aMinor, cMinor, dMajor, eMinor].map((key) => keyScore(key!, cMajor!))).toEqual([
      1, 0.5, 0.5, 0.3, 0.2, 0, 0,
    ]);
    expect([aMinor, eMinor, cMajor, 18].map((key) => keyScore(key!, aMinor!))).toEqual([1, 0.5, 0.3, 0.2]);
  });

  it('is perfect for the truth, 0 in R² for its mean, and counts octave errors of the tempo apart', () => {
    const sounds: SoundAttributes[] = [
      { tempoBpm: 80, key: 3, energy: 0.2, timbre: [0.1, 0.2, 0.3, 0.4] },
      { tempoBpm: 120, key: 8, energy: 0.6, timbre: [0.5, 0.4, 0.9, 0.6] },
    ];
    const truths = sounds.map((sound, i) => ({ sound, factor: Float32Array.of(i, 1 - i) }));
    const right = sounds.map((sound, i) => ({ ...sound, embedding: Float32Array.of(i, 1 - i) }));
    const perfect = encoderQuality(right, truths);
    expect(perfect).toEqual({
      annotated: 2,
      known: 2,
      tempoAccuracy1: 1,
      tempoAccuracy2: 1,
      keyScore: 1,
      energyR2: 1,
      brightnessR2: 1,
      envelopeR2: 1,
      oddEvenR2: 1,
      modulationR2: 1,
      embeddingR2: 1,
    });
    const lazy = right.map((reading) => ({
      ...reading,
      tempoBpm: reading.tempoBpm / 2,
      energy: 0.4,
      embedding: Float32Array.of(0.5, 0.5),
    }));
    const mean = encoderQuality(lazy, truths);
    expect([mean.tempoAccuracy1, mean.tempoAccuracy2]).toEqual([0, 1]);
    expect(mean.energyR2).toBeCloseTo(0, 12);
    expect(mean.embeddingR2).toBeCloseTo(0, 12);
  });

  it('is NaN where nothing is known', () => {
    const quality = encoderQuality(
      [{ tempoBpm: 100, key: 0, energy: 0, timbre: [0, 0, 0, 0], embedding: new Float32Array(2) }],
      [{}],
    );
    expect([quality.annotated, quality.known]).toEqual([0, 0]);
    expect(quality.tempoAccuracy1).toBeNaN();
    expect(quality.embeddingR2).toBeNaN();
  });
});
