import { type OnnxConstant, type OnnxNode, type OnnxValue, writeOnnx } from './onnx-file.ts';

/**
 * Tensors that are described, not computed. An operator takes tensors and returns a new one that knows how it is made
 * and how a gradient flows back through it. `gradients` describes the derivatives in the same words, `toOnnx` writes
 * what the wanted outputs need (and nothing else) as one ONNX graph, and ONNX Runtime computes it.
 * So one run of the graph gives a loss and all its gradients.
 */
export interface Tensor {
  /** Sizes; [] is a scalar. */
  readonly shape: readonly number[];
  readonly source: Input | Constant | Operation;
}

interface Input {
  readonly kind: 'input';
  readonly name: string;
}

interface Constant {
  readonly kind: 'constant';
  /** Given to weights, so that they can be found in the file; the rest are numbered. */
  readonly name: string | undefined;
  readonly data: Float32Array | BigInt64Array;
}

interface Operation {
  readonly kind: 'operation';
  readonly operator: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: Readonly<Record<string, number | readonly number[]>>;
  readonly gradient: Gradient;
}

/** From ∂loss/∂output to ∂loss/∂input, one per input; undefined where it is not defined (shapes, axes). */
type Gradient = (g: Tensor) => readonly (Tensor | undefined)[];

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const operation = (
  operator: string,
  inputs: readonly Tensor[],
  shape: readonly number[],
  gradient: Gradient,
  attributes: Operation['attributes'] = {},
): Tensor => ({ shape, source: { kind: 'operation', operator, inputs, attributes, gradient } });

// ---- Leaves ----

/** A tensor that is fed at every run: waveforms, labels, and weights while they are trained. */
export const input = (name: string, shape: readonly number[]): Tensor => ({ shape, source: { kind: 'input', name } });

/** A tensor whose values are known now. */
export function constant(data: Float32Array, shape: readonly number[], name?: string): Tensor {
  if (data.length !== sizeOf(shape)) throw new Error(`${data.length} values do not fill [${shape}]`);
  return { shape, source: { kind: 'constant', name, data } };
}

export const scalar = (value: number): Tensor => constant(Float32Array.of(value), []);

/** Whole numbers that an operator takes as an input: a shape, axes, bounds. */
const integers = (values: readonly number[]): Tensor => ({
  shape: [values.length],
  source: { kind: 'constant', name: undefined, data: BigInt64Array.from(values, BigInt) },
});

// ---- Elementwise, with NumPy's broadcasting ----

/** a + b */
export const add = (a: Tensor, b: Tensor): Tensor =>
  operation('Add', [a, b], broadcast(a, b), (g) => [sumTo(g, a.shape), sumTo(g, b.shape)]);

/** a - b */
export const subtract = (a: Tensor, b: Tensor): Tensor =>
  operation('Sub', [a, b], broadcast(a, b), (g) => [sumTo(g, a.shape), sumTo(negate(g), b.shape)]);

/** a · b, elementwise */
export const multiply = (a: Tensor, b: Tensor): Tensor =>
  operation('Mul', [a, b], broadcast(a, b), (g) => [sumTo(multiply(g, b), a.shape), sumTo(multiply(g, a), b.shape)]);

/** a / b, elementwise */
export const divide = (a: Tensor, b: Tensor): Tensor =>
  operation('Div', [a, b], broadcast(a, b), (g) => [
    sumTo(divide(g, b), a.shape),
    sumTo(negate(divide(multiply(g, a), square(b))), b.shape),
  ]);

export const scale = (a: Tensor, factor: number): Tensor => multiply(a, scalar(factor));
const negate = (a: Tensor): Tensor => scale(a, -1);

/** a² */
export const square = (a: Tensor): Tensor =>
  operation('Mul', [a, a], a.shape, (g) => [multiply(scale(g, 2), a), undefined]);

/** max(0, a); its gradient at 0 is 0. */
export function relu(a: Tensor): Tensor {
  const y: Tensor = operation('Relu', [a], a.shape, (g) => [multiply(g, operation('Sign', [y], a.shape, noGradient))]);
  return y;
}

/** ln a */
export const log = (a: Tensor): Tensor => operation('Log', [a], a.shape, (g) => [divide(g, a)]);

/** eᵃ */
export function exp(a: Tensor): Tensor {
  const y: Tensor = operation('Exp', [a], a.shape, (g) => [multiply(g, y)]);
  return y;
}

/** √a */
export function sqrt(a: Tensor): Tensor {
  const y: Tensor = operation('Sqrt', [a], a.shape, (g) => [divide(scale(g, 0.5), y)]);
  return y;
}

/** ln softmax over the last axis. */
export function logSoftmax(a: Tensor): Tensor {
  const last = a.shape.length - 1;
  const y: Tensor = operation(
    'LogSoftmax',
    [a],
    a.shape,
    (g) => [subtract(g, multiply(exp(y), sum(g, [last], 'kept')))],
    { axis: -1 },
  );
  return y;
}

// ---- Reductions ----

type Axes = 'kept' | 'dropped';

/** Sum over axes; `kept` leaves them with size 1. */
export function sum(a: Tensor, axes: readonly number[], reduced: Axes = 'dropped'): Tensor {
  const kept = a.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const shape = reduced === 'kept' ? kept : a.shape.filter((_, axis) => !axes.includes(axis));
  const gradient: Gradient = (g) => [expand(reshape(g, kept), a.shape), undefined];
  return operation('ReduceSum', [a, integers(axes)], shape, gradient, { keepdims: reduced === 'kept' ? 1 : 0 });
}

/** Mean over axes. */
export const mean = (a: Tensor, axes: readonly number[], reduced: Axes = 'dropped'): Tensor =>
  scale(sum(a, axes, reduced), 1 / sizeOf(axes.map((axis) => a.shape[axis]!)));

// ---- Shapes ----

/** The same values in another shape. The first size is left to the runtime, so that one graph serves any batch. */
export function reshape(a: Tensor, shape: readonly number[]): Tensor {
  if (sizeOf(shape) !== sizeOf(a.shape)) throw new Error(`[${a.shape}] cannot become [${shape}]`);
  const target = shape.length === 0 ? [] : [-1, ...shape.slice(1)];
  return operation('Reshape', [a, integers(target)], shape, (g) => [reshape(g, a.shape), undefined]);
}

/** Axis i of the result is axis order[i] of `a`. */
export function transpose(a: Tensor, order: readonly number[]): Tensor {
  const shape = order.map((axis) => a.shape[axis]!);
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return operation('Transpose', [a], shape, (g) => [transpose(g, inverse)], { perm: order });
}

/** Repeat along axes of size 1. */
export function expand(a: Tensor, shape: readonly number[]): Tensor {
  const target = shape.map((size, axis) => (a.shape[axis] === size ? 1 : size)); // 1 leaves a size as it is
  return operation('Expand', [a, integers(target)], shape, (g) => [sumTo(g, a.shape), undefined]);
}

/** Positions [from, to) of one axis. */
export function slice(a: Tensor, axis: number, from: number, to: number): Tensor {
  if (from === 0 && to === a.shape[axis]) return a;
  const shape = a.shape.with(axis, to - from);
  const gradient: Gradient = (g) => [pad(g, axis, from, a.shape[axis]! - to), undefined, undefined, undefined];
  return operation('Slice', [a, integers([from]), integers([to]), integers([axis])], shape, gradient);
}

/** Zeros before and after, along one axis. */
export function pad(a: Tensor, axis: number, before: number, after: number): Tensor {
  if (before === 0 && after === 0) return a;
  const rank = a.shape.length;
  const widths = new Array<number>(2 * rank)
    .fill(0)
    .with(axis, before)
    .with(rank + axis, after);
  const shape = a.shape.with(axis, a.shape[axis]! + before + after);
  const gradient: Gradient = (g) => [slice(g, axis, before, before + a.shape[axis]!), undefined];
  return operation('Pad', [a, integers(widths)], shape, gradient);
}

/** One after the other along one axis. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const ends: number[] = [];
  for (const part of parts) ends.push((ends.at(-1) ?? 0) + part.shape[axis]!);
  const shape = parts[0]!.shape.with(axis, ends.at(-1)!);
  const gradient: Gradient = (g) => parts.map((part, i) => slice(g, axis, ends[i]! - part.shape[axis]!, ends[i]!));
  return operation('Concat', parts, shape, gradient, { axis });
}

// ---- Matrix product ----

/** A·B of matrices [m × k] and [k × n]; `aT`, `bT` say that the argument is given transposed. */
export function matmul(a: Tensor, b: Tensor, { aT = false, bT = false } = {}): Tensor {
  const [m, k] = aT ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const [inner, n] = bT ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
  if (inner !== k) throw new Error(`Cannot multiply [${a.shape}]${aT ? 'ᵀ' : ''} by [${b.shape}]${bT ? 'ᵀ' : ''}`);
  const gradient: Gradient = (g) => [
    aT ? matmul(b, g, { aT: bT, bT: true }) : matmul(g, b, { bT: !bT }),
    bT ? matmul(g, a, { aT: true, bT: aT }) : matmul(a, g, { aT: !aT }),
  ];
  return operation('Gemm', [a, b], [m, n], gradient, { transA: aT ? 1 : 0, transB: bT ? 1 : 0 });
}

// ---- Convolution ----

/**
 * y[n, o, t] = Σ_c Σ_k x[n, c, t + k]·w[o, c, k], without zeros around: [N × C × T] and [O × C × K] give [N × O × T - K + 1].
 */
export function convolve(x: Tensor, w: Tensor): Tensor {
  const [N, C, T] = [x.shape[0]!, x.shape[1]!, x.shape[2]!];
  const [O, depth, K] = [w.shape[0]!, w.shape[1]!, w.shape[2]!];
  if (depth !== C || K > T) throw new Error(`Cannot convolve [${x.shape}] with [${w.shape}]`);
  const swap = (t: Tensor): Tensor => transpose(t, [1, 0, 2]);
  const gradient: Gradient = (g) => [
    operation('Conv', [g, reversed(swap(w), 2)], [N, C, T], noGradient, { pads: [K - 1, K - 1] }),
    swap(convolve(swap(x), swap(g))), // correlates what went in with what came out, over examples and time
  ];
  return operation('Conv', [x, w], [N, O, T - K + 1], gradient);
}

/** Back to front along one axis. */
function reversed(a: Tensor, axis: number): Tensor {
  const [from, to, step] = [integers([-1]), integers([-1 - a.shape[axis]!]), integers([-1])];
  return operation('Slice', [a, from, to, integers([axis]), step], a.shape, noGradient);
}

// ---- Broadcasting ----

function broadcast(a: Tensor, b: Tensor): readonly number[] {
  const rank = Math.max(a.shape.length, b.shape.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a.shape[a.shape.length - rank + i] ?? 1;
    const y = b.shape[b.shape.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new Error(`[${a.shape}] and [${b.shape}] do not broadcast`);
    return Math.max(x, y);
  });
}

/** Undo broadcasting: add up what was repeated, so that the gradient has the shape of the argument. */
function sumTo(g: Tensor, shape: readonly number[]): Tensor {
  const extra = g.shape.length - shape.length;
  const repeated = g.shape.flatMap((size, axis) => ((shape[axis - extra] ?? 1) !== size || axis < extra ? [axis] : []));
  return repeated.length === 0 ? g : reshape(sum(g, repeated), shape);
}

// ---- Reverse mode ----

const noGradient: Gradient = () => {
  throw new Error('Only first derivatives are defined');
};

/**
 * Describe ∂loss/∂x for every x of `wanted`, walking from the loss back to them.
 * @param loss a scalar.
 */
export function gradients(loss: Tensor, wanted: readonly Tensor[]): Tensor[] {
  if (loss.shape.length > 0) throw new Error(`A loss is a scalar, not [${loss.shape}]`);
  const order = inOrder([loss]);
  const depends = new Set(wanted);
  for (const t of order) {
    if (t.source.kind === 'operation' && t.source.inputs.some((x) => depends.has(x))) depends.add(t);
  }
  const sums = new Map<Tensor, Tensor>([[loss, scalar(1)]]);
  for (const t of order.reverse()) {
    const g = sums.get(t);
    if (!g || t.source.kind !== 'operation' || !depends.has(t)) continue;
    const { inputs } = t.source;
    t.source.gradient(g).forEach((part, i) => {
      const x = inputs[i]!;
      if (!part || !depends.has(x)) return;
      const before = sums.get(x);
      sums.set(x, before ? add(before, part) : part);
    });
  }
  return wanted.map(
    (x) =>
      sums.get(x) ??
      expand(
        reshape(
          scalar(0),
          x.shape.map(() => 1),
        ),
        x.shape,
      ),
  );
}

/** Every tensor that the given ones are made from, each after its own inputs. */
function inOrder(roots: readonly Tensor[]): Tensor[] {
  const done = new Set<Tensor>();
  const visit = (t: Tensor): void => {
    if (done.has(t)) return;
    if (t.source.kind === 'operation') t.source.inputs.forEach(visit);
    done.add(t);
  };
  roots.forEach(visit);
  return [...done];
}

// ---- Writing ----

/**
 * Write the named outputs, and what they are made from, as an ONNX file.
 *
 * @param batch when given, the first size of every input and output gets this name and is free; scalars have none.
 */
export function toOnnx(
  outputs: Readonly<Record<string, Tensor>>,
  options: { readonly batch?: string; readonly metadata?: Readonly<Record<string, string>> } = {},
): Uint8Array {
  const names = new Map<Tensor, string>();
  const nodes: OnnxNode[] = [];
  const inputs: OnnxValue[] = [];
  const constants = new Map<string, OnnxConstant>();
  const value = (name: string, shape: readonly number[]): OnnxValue =>
    options.batch === undefined || shape.length === 0
      ? { name, shape }
      : { name, shape: [options.batch, ...shape.slice(1)] };

  for (const t of inOrder(Object.values(outputs))) {
    const { source } = t;
    if (source.kind === 'input') {
      names.set(t, source.name);
      inputs.push(value(source.name, t.shape));
    } else if (source.kind === 'constant') {
      const key = source.name ?? `${source.data.constructor.name} [${t.shape}] ${source.data}`;
      const stored = constants.get(key) ?? {
        name: source.name ?? `constant_${constants.size}`,
        shape: t.shape,
        data: source.data,
      };
      constants.set(key, stored);
      names.set(t, stored.name);
    } else {
      const output = `t${nodes.length}`;
      const inputNames = source.inputs.map((x) => names.get(x)!);
      nodes.push({ operator: source.operator, inputs: inputNames, output, attributes: source.attributes });
      names.set(t, output);
    }
  }
  const named = Object.entries(outputs).map(([name, t]) => {
    nodes.push({ operator: 'Identity', inputs: [names.get(t)!], output: name, attributes: {} });
    return value(name, t.shape);
  });
  const metadata = options.metadata ?? {};
  return writeOnnx({ nodes, constants: [...constants.values()], inputs, outputs: named, metadata });
}
