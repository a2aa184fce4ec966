import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOnnx, writeOnnx } from '../../../engine/audio/onnx-file.ts';
import { bytesField, floatField, message, readMessage, varintField } from '../../../engine/audio/protobuf.ts';

describe('protocol buffers', () => {
  it('encode numbers as the specification shows', () => {
    expect([...varintField(1, 150)]).toEqual([0x08, 0x96, 0x01]);
    expect([...bytesField(2, 'testing')]).toEqual([0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
    expect([...varintField(1, -2)]).toEqual([0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    expect([...floatField(3, 1)]).toEqual([0x1d, 0, 0, 0x80, 0x3f]);
  });

  it('read back what was written, in order', () => {
    const field = fc.integer({ min: 1, max: 2000 });
    fc.assert(
      fc.property(
        field,
        field,
        fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
        fc.uint8Array(),
        (a, b, numbers, bytes) => {
          const read = readMessage(message(...numbers.map((n) => varintField(a, n)), bytesField(b, bytes)));
          expect(read.numbers(a).map((n) => BigInt.asIntN(64, n))).toEqual(numbers);
          expect(read.bytes(b).map((part) => [...part])).toEqual([[...bytes]]);
        },
      ),
    );
  });

  it('are refused when they end within a field', () => {
    const whole = message(varintField(1, 300), bytesField(2, 'abc'));
    for (const length of [1, 2, 4, 5, whole.length - 1]) {
      expect(() => readMessage(whole.subarray(0, length))).toThrow(RangeError);
    }
  });
});

describe('ONNX files', () => {
  it('give back their constants and metadata', () => {
    const floats = { name: 'w', shape: [2, 2], data: Float32Array.of(1, -2, 3.5, Number.MIN_VALUE) };
    const integers = { name: 'axes', shape: [2], data: BigInt64Array.of(-1n, 7n) };
    const read = readOnnx(
      writeOnnx({
        nodes: [],
        constants: [floats, integers],
        inputs: [],
        outputs: [],
        metadata: { keys: '["C", "ß"]' },
      }),
    );
    expect(read.constants).toEqual([floats, integers]);
    expect(read.metadata).toEqual({ keys: '["C", "ß"]' });
  });
});
