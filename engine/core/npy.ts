import { readFileSync } from 'node:fs';
import { DubplateError } from './errors.ts';
import { writeFileAtomic } from './files.ts';
import type { Matrix } from './matrix.ts';

const magic = '\x93NUMPY';

/**
 * Write a matrix as NumPy's `.npy`, version 1.0, little-endian float32, row-major: `numpy.load` reads it.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function writeNpy(path: string, matrix: Matrix): void {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${matrix.rows}, ${matrix.cols}), }`;
  // Magic (6), version (2), header length (2) and header together fill whole blocks of 64 bytes, newline last.
  const headerBytes = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const head = Buffer.alloc(10 + headerBytes, ' ');
  head.write(magic, 0, 'latin1');
  head.writeUInt8(1, 6);
  head.writeUInt8(0, 7);
  head.writeUInt16LE(headerBytes, 8);
  head.write(text, 10, 'latin1');
  head.write('\n', 10 + headerBytes - 1, 'latin1');
  const { data } = matrix;
  writeFileAtomic(path, Buffer.concat([head, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]));
}

/**
 * Read a two-dimensional little-endian float32 `.npy` file.
 * @throws DubplateError INVALID_INPUT when it is something else, FILE_NOT_FOUND when it is missing.
 */
export function readNpy(path: string): Matrix {
  const bytes = readBytes(path);
  const major = bytes[6];
  const lengthBytes = major === 1 ? 2 : 4;
  if (bytes.length < 12 || bytes.toString('latin1', 0, 6) !== magic) throw notNpy(path, 'it has no NumPy header');
  const headerBytes = lengthBytes === 2 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const start = 8 + lengthBytes + headerBytes;
  const header = bytes.toString('latin1', 8 + lengthBytes, start);
  const shape = /'shape': \((\d+), (\d+)\)/.exec(header);
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False") || !shape) {
    throw notNpy(path, `its header is ${header.trim()}`);
  }
  const rows = Number(shape[1]);
  const cols = Number(shape[2]);
  if (bytes.length - start !== rows * cols * 4) {
    throw notNpy(
      path,
      `it holds ${bytes.length - start} bytes of data where ${rows} × ${cols} floats take ${rows * cols * 4}`,
    );
  }
  const data = new Float32Array(rows * cols);
  new Uint8Array(data.buffer).set(bytes.subarray(start));
  return { rows, cols, data };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new DubplateError('FILE_NOT_FOUND', `Cannot read ${path}`, { hint: 'Check the path.', cause });
  }
}

const notNpy = (path: string, found: string): DubplateError =>
  new DubplateError('INVALID_INPUT', `${path} is not a float32 row-major matrix: ${found}`, {
    hint: "Save it with numpy.save(path, matrix.astype('<f4')), two dimensions, C order.",
  });
