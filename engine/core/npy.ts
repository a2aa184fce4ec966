import { readFileSync } from 'node:fs';
import { DubplateError } from './errors.ts';
import { writeFileAtomic } from './files.ts';
import type { Matrix } from './matrix.ts';

const magic = '\x93NUMPY';

/** One dimension of numbers, as it goes into a file. */
type Vector = Float32Array | Uint32Array;

/**
 * Write a matrix as NumPy's `.npy`, version 1.0, little-endian float32, row-major: `numpy.load` reads it.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export const writeNpy = (path: string, { rows, cols, data }: Matrix): void => writeArray(path, [rows, cols], data);

/** Write an array of one dimension, float32 or uint32, in the same format. */
export const writeNpyVector = (path: string, data: Vector): void => writeArray(path, [data.length], data);

/**
 * Read a two-dimensional little-endian float32 `.npy` file.
 * @throws DubplateError INVALID_INPUT when it is something else, FILE_NOT_FOUND when it is missing.
 */
export function readNpy(path: string): Matrix {
  const { shape, data } = readArray(path);
  const [rows, cols, ...more] = shape;
  if (!(data instanceof Float32Array) || rows === undefined || cols === undefined || more.length > 0) {
    throw notNpy(path, 'a float32 row-major matrix', `it holds ${describe(shape, data)}`);
  }
  return { rows, cols, data };
}

/**
 * Read a one-dimensional little-endian `.npy` file of float32 or of uint32.
 * @throws DubplateError INVALID_INPUT when it is something else, FILE_NOT_FOUND when it is missing.
 */
export function readNpyVector<T extends Vector>(path: string, kind: new (length: number) => T): T {
  const { shape, data } = readArray(path);
  if (data instanceof kind && shape.length === 1) return data;
  const wanted = kind.name === 'Float32Array' ? 'float32' : 'uint32';
  throw notNpy(path, `an array of ${wanted}, of one dimension`, `it holds ${describe(shape, data)}`);
}

function writeArray(path: string, shape: readonly number[], data: Vector): void {
  const type = data instanceof Float32Array ? '<f4' : '<u4';
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // Magic (6), version (2), header length (2) and header together fill whole blocks of 64 bytes, newline last.
  const headerBytes = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const head = Buffer.alloc(10 + headerBytes, ' ');
  head.write(magic, 0, 'latin1');
  head.writeUInt8(1, 6);
  head.writeUInt8(0, 7);
  head.writeUInt16LE(headerBytes, 8);
  head.write(text, 10, 'latin1');
  head.write('\n', 10 + headerBytes - 1, 'latin1');
  writeFileAtomic(path, Buffer.concat([head, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]));
}

function readArray(path: string): { readonly shape: readonly number[]; readonly data: Vector } {
  const usual = 'a row-major array of float32 or uint32';
  const bytes = readBytes(path);
  const major = bytes[6];
  const lengthBytes = major === 1 ? 2 : 4;
  if (bytes.length < 12 || bytes.toString('latin1', 0, 6) !== magic)
    throw notNpy(path, usual, 'it has no NumPy header');
  const headerBytes = lengthBytes === 2 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const start = 8 + lengthBytes + headerBytes;
  const header = bytes.toString('latin1', 8 + lengthBytes, start);
  const type = /'descr': '<([fu])4'/.exec(header)?.[1];
  const sizes = /'shape': \((\d+(?:, \d+)*),?\)/.exec(header)?.[1];
  if (type === undefined || !header.includes("'fortran_order': False") || sizes === undefined) {
    throw notNpy(path, usual, `its header is ${header.trim()}`);
  }
  const shape = sizes.split(', ').map(Number);
  const length = shape.reduce((product, size) => product * size, 1);
  if (bytes.length - start !== length * 4) {
    const found = `it holds ${bytes.length - start} bytes of data where ${shape.join(' × ')} numbers take ${length * 4}`;
    throw notNpy(path, usual, found);
  }
  const data = type === 'f' ? new Float32Array(length) : new Uint32Array(length);
  new Uint8Array(data.buffer).set(bytes.subarray(start));
  return { shape, data };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new DubplateError('FILE_NOT_FOUND', `Cannot read ${path}`, { hint: 'Check the path.', cause });
  }
}

const describe = (shape: readonly number[], data: Vector): string =>
  `${shape.join(' × ')} numbers of ${data instanceof Float32Array ? 'float32' : 'uint32'}`;

const notNpy = (path: string, wanted: string, found: string): DubplateError =>
  new DubplateError('INVALID_INPUT', `${path} is not ${wanted}: ${found}`, {
    hint: "Save it with numpy.save(path, array.astype('<f4')) in C order; indices as '<u4'.",
  });
