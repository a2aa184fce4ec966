// The operators of graph.ts, forwards, computed in float64 by plain loops: an oracle for what ONNX Runtime makes of a graph.
import type { Tensor } from '../../../engine/audio/graph.ts';

type Values = Float64Array;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Steps between neighbours along each axis, row-major. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/**
 * The values of a tensor.
 * @param inputs by name.
 */
export function evaluate(tensor: Tensor, inputs: ReadonlyMap<string, ArrayLike<number>>): Values {
  const known = new Map<Tensor, Values>();
  const valuesOf = (t: Tensor): Values => {
    const before = known.get(t);
    if (before) return before;
    const { source } = t;
    let values: Values;
    if (source.kind === 'input') {
      const given = inputs.get(source.name);
      if (!given) throw new Error(`no value for ${source.name}`);
      values = Float64Array.from(given);
    } else if (source.kind === 'constant') {
      values = Float64Array.from(source.data, Number);
    } else {
      values = compute(t, source.operator, source.attributes, source.inputs, source.inputs.map(valuesOf));
    }
    if (values.length !== sizeOf(t.shape)) throw new Error(`${values.length} values do not fill [${t.shape}]`);
    known.set(t, values);
    return values;
  };
  return valuesOf(tensor);
}

type Attributes = Readonly<Record<string, number | readonly number[]>>;

function compute(
  { shape }: Tensor,
  operator: string,
  attributes: Attributes,
  inputs: readonly Tensor[],
  values: readonly Values[],
): Values {
  const [a, b] = values as [Values, Values];
  const [x, y] = inputs as [Tensor, Tensor];
  /** Value by value of the result, from where each comes: axis i of the result moves by steps[i] in the argument. */
  const gather = (from: Values, steps: readonly number[], start = 0): Values => {
    const out = new Float64Array(sizeOf(shape));
    const at = shape.map(() => 0);
    let place = start;
    for (let i = 0; i < out.length; i++) {
      out[i] = from[place]!;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        place += steps[axis]!;
        at[axis]! += 1;
        if (at[axis]! < shape[axis]!) break;
        place -= steps[axis]! * shape[axis]!;
        at[axis] = 0;
      }
    }
    return out;
  };
  const spread = (from: Values, of: readonly number[]): Values => {
    const strides = stridesOf(of);
    const extra = shape.length - of.length;
    return gather(
      from,
      shape.map((_, axis) => (axis < extra || of[axis - extra] === 1 ? 0 : strides[axis - extra]!)),
    );
  };
  const both = (f: (p: number, q: number) => number): Values => {
    const [p, q] = [spread(a, x.shape), spread(b, y.shape)];
    return p.map((value, i) => f(value, q[i]!));
  };
  switch (operator) {
    case 'Add':
      return both((p, q) => p + q);
    case 'Sub':
      return both((p, q) => p - q);
    case 'Mul':
      return both((p, q) => p * q);
    case 'Div':
      return both((p, q) => p / q);
    case 'Relu':
      return a.map((p) => Math.max(0, p));
    case 'Log':
      return a.map(Math.log);
    case 'Exp':
      return a.map(Math.exp);
    case 'Sqrt':
      return a.map(Math.sqrt);
    case 'LogSoftmax':
      return logSoftmax(a, shape.at(-1)!);
    case 'Reshape':
      return a;
    case 'Expand':
      return spread(a, x.shape);
    case 'Transpose': {
      const strides = stridesOf(x.shape);
      return gather(
        a,
        (attributes.perm as number[]).map((axis) => strides[axis]!),
      );
    }
    case 'ReduceSum':
      return sumOver(a, x.shape, [...b]);
    case 'Slice': {
      const strides = stridesOf(x.shape);
      return gather(a, strides, strides[values[3]![0]!]! * b[0]!);
    }
    case 'Pad':
      return padded(a, x.shape, shape, b);
    case 'Concat':
      return concatenated(values, inputs, shape, attributes.axis as number);
    case 'Gemm':
      return product(a, x.shape, attributes.transA === 1, b, y.shape, attributes.transB === 1);
    case 'Conv':
      return convolved(a, x.shape, b, y.shape);
    default:
      throw new Error(`no ${operator} here`);
  }
}

function logSoftmax(a: Values, width: number): Values {
  const out = new Float64Array(a.length);
  for (let row = 0; row < a.length; row += width) {
    const values = a.subarray(row, row + width);
    const most = Math.max(...values);
    const total = Math.log(values.reduce((sum, v) => sum + Math.exp(v - most), 0)) + most;
    for (let i = 0; i < width; i++) out[row + i] = values[i]! - total;
  }
  return out;
}

function sumOver(a: Values, shape: readonly number[], axes: readonly number[]): Values {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const strides = stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const from = stridesOf(shape);
  const out = new Float64Array(sizeOf(kept));
  for (let i = 0; i < a.length; i++) {
    let place = 0;
    for (let axis = 0; axis < shape.length; axis++)
      place += (Math.floor(i / from[axis]!) % shape[axis]!) * strides[axis]!;
    out[place]! += a[i]!;
  }
  return out;
}

function padded(a: Values, shape: readonly number[], to: readonly number[], widths: Values): Values {
  const [from, strides] = [stridesOf(shape), stridesOf(to)];
  const out = new Float64Array(sizeOf(to));
  for (let i = 0; i < a.length; i++) {
    let place = 0;
    for (let axis = 0; axis < shape.length; axis++)
      place += ((Math.floor(i / from[axis]!) % shape[axis]!) + widths[axis]!) * strides[axis]!;
    out[place] = a[i]!;
  }
  return out;
}

function concatenated(
  parts: readonly Values[],
  inputs: readonly Tensor[],
  shape: readonly number[],
  axis: number,
): Values {
  const out = new Float64Array(sizeOf(shape));
  const row = sizeOf(shape.slice(axis));
  let before = 0;
  for (const [p, part] of parts.entries()) {
    const width = sizeOf(inputs[p]!.shape.slice(axis));
    for (let r = 0; r * width < part.length; r++) out.set(part.subarray(r * width, (r + 1) * width), r * row + before);
    before += width;
  }
  return out;
}

function product(
  a: Values,
  aShape: readonly number[],
  aT: boolean,
  b: Values,
  bShape: readonly number[],
  bT: boolean,
): Values {
  const [m, k] = aT ? [aShape[1]!, aShape[0]!] : [aShape[0]!, aShape[1]!];
  const n = bT ? bShape[0]! : bShape[1]!;
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const left = aT ? a[p * m + i]! : a[i * k + p]!;
      for (let j = 0; j < n; j++) out[i * n + j]! += left * (bT ? b[j * k + p]! : b[p * n + j]!);
    }
  }
  return out;
}

function convolved(x: Values, [N, C, T]: readonly number[], w: Values, [O, , K]: readonly number[]): Values {
  const length = T! - K! + 1;
  const out = new Float64Array(N! * O! * length);
  for (let n = 0; n < N!; n++) {
    for (let o = 0; o < O!; o++) {
      for (let c = 0; c < C!; c++) {
        for (let k = 0; k < K!; k++) {
          const weight = w[(o * C! + c) * K! + k]!;
          const from = (n * C! + c) * T! + k;
          const to = (n * O! + o) * length;
          for (let t = 0; t < length; t++) out[to + t]! += weight * x[from + t]!;
        }
      }
    }
  }
  return out;
}
