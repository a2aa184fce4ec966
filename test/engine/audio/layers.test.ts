import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constant, input, type Tensor, toOnnx } from '../../../engine/audio/graph.ts';
import {
  bandPower,
  convolveAxis,
  convolveTime,
  filterPairs,
  moments,
  overFrames,
  type Weights,
} from '../../../engine/audio/layers.ts';
import { openSession } from '../../../engine/audio/session.ts';
import { createStreams, normalFrom } from '../../../engine/core/random.ts';

const length = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const normals = (shape: readonly number[], actor: number): Float32Array => {
  const draw = createStreams('layers')('values', actor);
  return Float32Array.from({ length: length(shape) }, () => normalFrom(draw));
};

/** Weights of chance numbers, remembered by name. */
function chanceWeights() {
  const drawn = new Map<string, Float32Array>();
  const weights: Weights = (name, shape) => {
    drawn.set(name, normals(shape, drawn.size + 1));
    return constant(drawn.get(name)!, shape, name);
  };
  return { weights, drawn };
}

async function compute(y: Tensor, x: Float32Array, shape: readonly number[]): Promise<Float32Array> {
  const session = await openSession(toOnnx({ y }));
  const { y: got } = await session.run({ x: { data: x, shape } });
  await session.close();
  expect(got!.shape).toEqual(y.shape);
  return got!.data;
}

const expectClose = (got: Float32Array, at: (i: number) => number): void =>
  got.forEach((value, i) => {
    expect(Math.abs(value - at(i))).toBeLessThan(1e-3 * (1 + Math.abs(at(i))));
  });

describe('overFrames', () => {
  it('hands out the frames that begin every half width, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat({ max: 1 }),
        async (N, m, half, C, extra) => {
          const [width, T] = [2 * half, 2 * half * m + extra];
          const x = normals([N, T, C], 0);
          const got = await compute(
            overFrames(input('x', [N, T, C]), width, (frames) => frames),
            x,
            [N, T, C],
          );
          const frames = 2 * m - 1;
          expect(got.length).toBe(N * frames * width * C);
          expectClose(got, (i) => {
            const inFrame = i % (width * C);
            const frame = Math.floor(i / (width * C)) % frames;
            const n = Math.floor(i / (width * C * frames));
            return x[n * T * C + frame * half * C + inFrame]!;
          });
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('bandPower', () => {
  it('answers to the band that a tone lies in, whatever its phase, and grows with its square', async () => {
    const bank = { centres: [0.05, 0.1, 0.2, 0.3], width: 128 };
    const given: Weights = (name, shape, start) => constant(start as Float32Array, shape, name);
    const power = (frequency: number, phase: number, amplitude: number): Promise<Float32Array> => {
      const tone = Float32Array.from(
        { length: 128 },
        (_, i) => amplitude * Math.cos(2 * Math.PI * frequency * i + phase),
      );
      return compute(bandPower(filterPairs(given, 'bank', bank))(input('x', [1, 128])), tone, [1, 128]);
    };
    for (const [band, centre] of bank.centres.entries()) {
      const [a, b, loud] = [await power(centre, 0, 1), await power(centre, 1, 1), await power(centre, 0, 3)];
      expect(a.indexOf(Math.max(...a))).toBe(band);
      expect(b[band]!).toBeCloseTo(a[band]!, 2);
      expect(loud[band]! / a[band]!).toBeCloseTo(9, 3);
      a.forEach((p, j) => {
        if (j !== band) expect(p).toBeLessThan(0.01 * a[band]!);
      });
    }
  });
});

describe('convolutions', () => {
  it('along an axis equal the sum they stand for, inside and around', async () => {
    for (const edge of ['inside', 'around'] as const) {
      const [N, C, M, taps, width] = [2, 3, 7, 4, 5];
      const { weights, drawn } = chanceWeights();
      const x = normals([N, C, M], 0);
      const got = await compute(convolveAxis(weights, 'c', input('x', [N, C, M]), { taps, width, edge }), x, [N, C, M]);
      const [w, b] = [drawn.get('c.weight')!, drawn.get('c.bias')!];
      const n = edge === 'inside' ? M - taps + 1 : M;
      expectClose(got, (i) => {
        const [t, o, row] = [i % n, Math.floor(i / n) % width, Math.floor(i / (n * width))];
        let sum = b[o]!;
        for (let c = 0; c < C; c++) {
          for (let k = 0; k < taps; k++) sum += x[(row * C + c) * M + ((t + k) % M)]! * w[(o * C + c) * taps + k]!;
        }
        return Math.max(0, sum);
      });
    }
  });

  it('over time see one step before and one after, and zeros outside', async () => {
    const [N, T, C, width] = [2, 6, 3, 4];
    const { weights, drawn } = chanceWeights();
    const x = normals([N, T, C], 0);
    const got = await compute(convolveTime(weights, 'c', input('x', [N, T, C]), width), x, [N, T, C]);
    const [w, b] = [drawn.get('c.weight')!, drawn.get('c.bias')!];
    expectClose(got, (i) => {
      const [o, t, row] = [i % width, Math.floor(i / width) % T, Math.floor(i / (width * T))];
      let sum = b[o]!;
      for (let k = 0; k < 3; k++) {
        const at = t + k - 1;
        if (at < 0 || at >= T) continue;
        for (let c = 0; c < C; c++) sum += x[(row * T + at) * C + c]! * w[(k * C + c) * width + o]!;
      }
      return Math.max(0, sum);
    });
  });
});

describe('moments', () => {
  it('are the mean and the standard deviation over time', async () => {
    const [N, T, C] = [2, 50, 3];
    const x = normals([N, T, C], 0);
    const columns = Array.from({ length: N * C }, (_, i) =>
      Array.from({ length: T }, (_, t) => x[(Math.floor(i / C) * T + t) * C + (i % C)]!),
    );
    const mean = columns.map((column) => column.reduce((a, b) => a + b, 0) / T);
    const deviation = columns.map((column, i) =>
      Math.sqrt(column.reduce((a, b) => a + (b - mean[i]!) ** 2, 0) / T + 1e-4),
    );
    const [m, d] = moments(input('x', [N, T, C]));
    expectClose(await compute(m, x, [N, T, C]), (i) => mean[i]!);
    expectClose(await compute(d, x, [N, T, C]), (i) => deviation[i]!);
  });
});
