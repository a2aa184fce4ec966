/**
 * The little of protocol buffers that ONNX files need: fields of varints, 32-bit floats and bytes, written and read.
 * @see https://protobuf.dev/programming-guides/encoding/
 */

const encoder = new TextEncoder();

const varintWire = 0;
const fixed64Wire = 1;
const bytesWire = 2;
const fixed32Wire = 5;

/** A message is its fields, one after the other. */
export const message = (...fields: readonly Uint8Array[]): Uint8Array => Buffer.concat(fields);

/** Field of a whole number; negative ones take ten bytes, as two's complement of 64 bits. */
export const varintField = (field: number, value: number | bigint): Uint8Array =>
  message(tag(field, varintWire), varint(value));

/** Field of a string, of raw bytes, or of a nested message. */
export function bytesField(field: number, value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === 'string' ? encoder.encode(value) : value;
  return message(tag(field, bytesWire), varint(bytes.length), bytes);
}

/** Field of a 32-bit float. */
export function floatField(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return message(tag(field, fixed32Wire), bytes);
}

const tag = (field: number, wire: number): Uint8Array => varint(field * 8 + wire);

function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

/** The fields of a message by number, each with its values in order of appearance; nested messages are still bytes. */
export interface Fields {
  numbers(field: number): readonly bigint[];
  bytes(field: number): readonly Uint8Array[];
  /** The first value as text; empty when absent. */
  text(field: number): string;
}

/** @throws RangeError when the bytes end within a field or use a wire type that no longer exists. */
export function readMessage(message: Uint8Array): Fields {
  const numbers = new Map<number, bigint[]>();
  const chunks = new Map<number, Uint8Array[]>();
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined || shift > 63n) throw new RangeError(`The message ends within a number at byte ${at}`);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const readBytes = (length: number): Uint8Array => {
    if (at + length > message.length) throw new RangeError(`The message ends within a field at byte ${at}`);
    at += length;
    return message.subarray(at - length, at);
  };
  const add = <T>(map: Map<number, T[]>, field: number, value: T): void => {
    const values = map.get(field);
    if (values) values.push(value);
    else map.set(field, [value]);
  };
  while (at < message.length) {
    const key = Number(readVarint());
    const field = Math.floor(key / 8);
    const wire = key % 8;
    if (wire === varintWire) add(numbers, field, readVarint());
    else if (wire === bytesWire) add(chunks, field, readBytes(Number(readVarint())));
    else if (wire === fixed32Wire) add(chunks, field, readBytes(4));
    else if (wire === fixed64Wire) add(chunks, field, readBytes(8));
    else throw new RangeError(`Unknown wire type ${wire} at byte ${at}`);
  }
  return {
    numbers: (field) => numbers.get(field) ?? [],
    bytes: (field) => chunks.get(field) ?? [],
    text: (field) => new TextDecoder().decode(chunks.get(field)?.[0]),
  };
}
