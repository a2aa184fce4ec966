import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as g from '../../../engine/audio/graph.ts';
import { openSession } from '../../../engine/audio/session.ts';

/** One operator, in our words and in TensorFlow's. */
interface Operator {
  readonly shapes: fc.Arbitrary<readonly (readonly number[])[]>;
  readonly ours: (...xs: g.Tensor[]) => g.Tensor;
  readonly theirs: (...xs: tf.Tensor[]) => tf.Tensor;
  /** Keeps arguments where the operator is defined and smooth. */
  readonly domain?: (value: number) => number;
}

const size = fc.integer({ min: 1, max: 5 });
const shape = fc.array(size, { minLength: 1, maxLength: 3 });
const one = shape.map((s) => [s]);
/** Two shapes that broadcast: some axes of either are 1, leading ones of the second may be missing. */
const two = fc
  .tuple(
    shape,
    fc.array(fc.constantFrom('both', 'first', 'second'), { minLength: 3, maxLength: 3 }),
    fc.nat({ max: 2 }),
  )
  .map(([s, who, cut]) => [
    s.map((n, i) => (who[i] === 'second' ? 1 : n)),
    s.map((n, i) => (who[i] === 'first' ? 1 : n)).slice(Math.min(cut, s.length)),
  ]);
const three = fc.tuple(size, size, size);
const away = (v: number): number => Math.sign(v || 1) * (Math.abs(v) + 0.5);
const positive = (v: number): number => Math.abs(v) + 0.5;

const operators: Record<string, Operator> = {
  add: { shapes: two, ours: g.add, theirs: (a, b) => tf.add(a!, b!) },
  subtract: { shapes: two, ours: g.subtract, theirs: (a, b) => tf.sub(a!, b!) },
  multiply: { shapes: two, ours: g.multiply, theirs: (a, b) => tf.mul(a!, b!) },
  divide: { shapes: two, ours: g.divide, theirs: (a, b) => tf.div(a!, b!), domain: away },
  square: { shapes: one, ours: g.square, theirs: (a) => tf.square(a!) },
  scale: { shapes: one, ours: (a) => g.scale(a, -2.5), theirs: (a) => tf.mul(a!, -2.5) },
  relu: { shapes: one, ours: g.relu, theirs: (a) => tf.relu(a!), domain: away },
  log: { shapes: one, ours: g.log, theirs: (a) => tf.log(a!), domain: positive },
  exp: { shapes: one, ours: g.exp, theirs: (a) => tf.exp(a!) },
  sqrt: { shapes: one, ours: g.sqrt, theirs: (a) => tf.sqrt(a!), domain: positive },
  logSoftmax: { shapes: one, ours: g.logSoftmax, theirs: (a) => tf.logSoftmax(a!) },
  'sum over the last axis': { shapes: one, ours: (a) => g.sum(a, [a.shape.length - 1]), theirs: (a) => tf.sum(a!, -1) },
  'sum over the first axis, kept': {
    shapes: one,
    ours: (a) => g.sum(a, [0], 'kept'),
    theirs: (a) => tf.sum(a!, 0, true),
  },
  'mean over the outer axes': {
    shapes: three.map((s) => [s]),
    ours: (a) => g.mean(a, [0, 2]),
    theirs: (a) => tf.mean(a!, [0, 2]),
  },
  reshape: {
    shapes: three.map((s) => [s]),
    ours: (a) => g.reshape(a, [a.shape[2]!, a.shape[0]! * a.shape[1]!]),
    theirs: (a) => tf.reshape(a!, [a!.shape[2]!, a!.shape[0]! * a!.shape[1]!]),
  },
  transpose: {
    shapes: three.map((s) => [s]),
    ours: (a) => g.transpose(a, [1, 2, 0]),
    theirs: (a) => tf.transpose(a!, [1, 2, 0]),
  },
  expand: {
    shapes: fc.tuple(size, size).map(([a, b]) => [[a, 1, b]]),
    ours: (a) => g.expand(a, [a.shape[0]!, 4, a.shape[2]!]),
    theirs: (a) => tf.tile(a!, [1, 4, 1]),
  },
  slice: {
    shapes: three.map(([a, b, c]) => [[a, b + 2, c]]),
    ours: (a) => g.slice(a, 1, 1, a.shape[1]! - 1),
    theirs: (a) => tf.slice(a!, [0, 1, 0], [-1, a!.shape[1]! - 2, -1]),
  },
  pad: {
    shapes: three.map((s) => [s]),
    ours: (a) => g.pad(a, 1, 2, 1),
    theirs: (a) =>
      tf.pad(a!, [
        [0, 0],
        [2, 1],
        [0, 0],
      ]),
  },
  concat: {
    shapes: fc.tuple(three, size).map(([[a, b, c], d]) => [
      [a, b, c],
      [a, d, c],
      [a, b, c],
    ]),
    ours: (...xs) => g.concat(xs, 1),
    theirs: (...xs) => tf.concat(xs, 1),
  },
  ...Object.fromEntries(
    [false, true].flatMap((aT) =>
      [false, true].map((bT): [string, Operator] => [
        `matmul ${aT ? 'Aᵀ' : 'A'}${bT ? 'Bᵀ' : 'B'}`,
        {
          shapes: three.map(([m, k, n]) => [aT ? [k, m] : [m, k], bT ? [n, k] : [k, n]]),
          ours: (a, b) => g.matmul(a, b, { aT, bT }),
          theirs: (a, b) => tf.matMul(a!, b!, aT, bT),
        },
      ]),
    ),
  ),
  convolve: {
    shapes: fc.tuple(size, size, size, size, fc.nat({ max: 4 })).map(([n, c, o, k, more]) => [
      [n, c, k + more],
      [o, c, k],
    ]),
    ours: g.convolve,
    theirs: (x, w) =>
      tf.transpose(
        tf.conv1d(tf.transpose(x as tf.Tensor3D, [0, 2, 1]), tf.transpose(w as tf.Tensor3D, [2, 1, 0]), 1, 'valid'),
        [0, 2, 1],
      ),
  },
};

/** Values and gradients of Σ f(x…)·r for fixed chance numbers r, so that every element of f counts differently. */
async function compare(
  { ours, theirs, domain = (v) => v }: Operator,
  shapes: readonly (readonly number[])[],
  values: readonly number[],
) {
  let next = 0;
  const draw = (): number => values[next++ % values.length]! * (1 + 0.01 * next);
  const data = shapes.map((s) => Float32Array.from({ length: s.reduce((a, b) => a * b, 1) }, () => domain(draw())));
  const inputs = shapes.map((s, i) => g.input(`x${i}`, s));
  const y = ours(...inputs);
  const weights = Float32Array.from({ length: y.shape.reduce((a, b) => a * b, 1) }, draw);
  const weighted = g.multiply(y, g.constant(weights, y.shape));
  const loss = g.sum(
    weighted,
    y.shape.map((_, axis) => axis),
  );
  const slopes = g.gradients(loss, inputs);
  const session = await openSession(g.toOnnx({ y, ...Object.fromEntries(slopes.map((slope, i) => [`d${i}`, slope])) }));
  const got = await session.run(
    Object.fromEntries(inputs.map((x, i) => [`x${i}`, { data: data[i]!, shape: x.shape }])),
  );
  await session.close();

  const xs = shapes.map((s, i) => tf.tensor(data[i]!, [...s]));
  const f = (...args: tf.Tensor[]): tf.Scalar =>
    tf.sum(tf.mul(theirs(...args), tf.tensor(weights, [...y.shape]))) as tf.Scalar;
  const expected = tf.grads(f)(xs);
  expectClose(got.y!, theirs(...xs));
  shapes.forEach((_, i) => {
    expectClose(got[`d${i}`]!, expected[i]!);
  });
}

function expectClose(
  got: { readonly data: Float32Array; readonly shape: readonly number[] },
  expected: tf.Tensor,
): void {
  expect(got.shape).toEqual(expected.shape);
  const want = expected.dataSync();
  got.data.forEach((value, i) => {
    expect(Math.abs(value - want[i]!)).toBeLessThanOrEqual(1e-4 * (1 + Math.abs(want[i]!)));
  });
}

beforeAll(async () => {
  await tf.setBackend('cpu');
  tf.engine().startScope();
});
afterAll(() => tf.engine().endScope());

describe('operators', () => {
  it.each(Object.entries(operators))('%s: value and gradients agree with TensorFlow.js', async (_, operator) => {
    const values = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 7, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(operator.shapes, values, (shapes, v) => compare(operator, shapes, v)),
      { numRuns: 8 },
    );
  });

  it('refuse shapes that do not fit, when the graph is described', () => {
    const x = (...s: number[]): g.Tensor => g.input('x', s);
    expect(() => g.add(x(2, 3), x(2, 4))).toThrow('broadcast');
    expect(() => g.matmul(x(2, 3), x(2, 3))).toThrow('multiply');
    expect(() => g.reshape(x(2, 3), [5])).toThrow('become');
    expect(() => g.convolve(x(1, 2, 3), x(1, 2, 4))).toThrow('convolve');
  });
});

describe('gradients', () => {
  const run = async (outputs: Record<string, g.Tensor>, x: Float32Array, shape: number[]) => {
    const session = await openSession(g.toOnnx(outputs));
    const got = await session.run({ x: { data: x, shape } });
    await session.close();
    return got;
  };

  it('add up over every way that leads to a tensor', async () => {
    const x = g.input('x', [2]);
    const loss = g.sum(g.add(g.multiply(g.exp(x), x), g.add(x, x)), [0]);
    const got = await run({ d: g.gradients(loss, [x])[0]! }, Float32Array.of(0.5, -1), [2]);
    [0.5, -1].forEach((v, i) => {
      expect(got.d!.data[i]).toBeCloseTo(Math.exp(v) * (1 + v) + 2, 5);
    });
  });

  it('are zero for what the loss does not depend on', async () => {
    const [x, other] = [g.input('x', [2]), g.constant(Float32Array.of(3, 4, 5), [3])];
    const got = await run({ d: g.gradients(g.sum(x, [0]), [other])[0]!, y: g.exp(x) }, Float32Array.of(1, 2), [2]);
    expect([...got.d!.data]).toEqual([0, 0, 0]);
  });

  it('are asked of a scalar only', () => {
    expect(() => g.gradients(g.input('x', [2]), [])).toThrow('scalar');
  });
});

describe('toOnnx', () => {
  it('writes only the gradients that were asked for', () => {
    const [x, z] = [g.input('x', [2, 2]), g.input('z', [2, 2])];
    const loss = g.sum(g.add(g.exp(x), g.log(z)), [0, 1]);
    /** Whether a node of this operator is in the file: field 4 of NodeProto, with its length. */
    const has = (operator: string, wanted: g.Tensor): boolean =>
      Buffer.from(g.toOnnx({ d: g.gradients(loss, [wanted])[0]! })).includes(
        `\x22${String.fromCharCode(operator.length)}${operator}`,
      );
    expect([has('Exp', x), has('Div', x)]).toEqual([true, false]);
    expect([has('Exp', z), has('Div', z)]).toEqual([false, true]); // that of the logarithm
  });

  it('leaves the batch free when it is given a name', async () => {
    const x = g.input('x', [1, 6]);
    const y = g.sum(g.reshape(g.concat([x, x], 1), [1, 3, 4]), [2]);
    const session = await openSession(g.toOnnx({ y }, { batch: 'N' }));
    const got = await session.run({ x: { data: Float32Array.from({ length: 18 }, (_, i) => i), shape: [3, 6] } });
    await session.close();
    expect(got.y!.shape).toEqual([3, 3]);
    expect([...got.y!.data.subarray(0, 3)]).toEqual([6, 10, 14]); // 0+1+2+3, 4+5+0+1, 2+3+4+5
  });
});
