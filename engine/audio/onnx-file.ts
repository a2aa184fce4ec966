import { bytesField, floatField, message, readMessage, varintField } from './protobuf.ts';

/**
 * The ONNX file format, as far as Dubplate writes it: one graph of standard operators.
 * Numbers of the fields are those of onnx.proto3.
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
}

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, number | readonly number[]>>;
}

/** A tensor whose values stand in the file: float32, or int64 for shapes and axes. */
export interface OnnxConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** A float32 tensor that goes in or out. A dimension with a name is free. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/** IR 9 and operator set 18 (2022-12): every runtime since onnxruntime 1.15 reads them. */
const irVersion = 9;
const operatorSet = 18;
const float32Type = 1;
const int64Type = 7;
const intAttribute = 2;
const intsAttribute = 7;
const floatAttribute = 1;

export function writeOnnx(model: OnnxModel): Uint8Array {
  const graph = message(
    ...model.nodes.map((node) => bytesField(1, nodeMessage(node))),
    bytesField(2, 'dubplate'),
    ...model.constants.map((constant) => bytesField(5, tensorMessage(constant))),
    ...model.inputs.map((value) => bytesField(11, valueMessage(value))),
    ...model.outputs.map((value) => bytesField(12, valueMessage(value))),
  );
  return message(
    varintField(1, irVersion),
    bytesField(2, 'dubplate'),
    bytesField(7, graph),
    bytesField(8, message(bytesField(1, ''), varintField(2, operatorSet))),
    ...Object.entries(model.metadata).map(([key, value]) =>
      bytesField(14, message(bytesField(1, key), bytesField(2, value))),
    ),
  );
}

/**
 * The constants and metadata of a file written by {@link writeOnnx}.
 * @throws RangeError when the bytes are not a protocol buffer.
 */
export function readOnnx(bytes: Uint8Array): Pick<OnnxModel, 'constants' | 'metadata'> {
  const model = readMessage(bytes);
  const graph = readMessage(model.bytes(7)[0] ?? new Uint8Array(0));
  const metadata = model.bytes(14).map((entry) => {
    const fields = readMessage(entry);
    return [fields.text(1), fields.text(2)] as const;
  });
  return { constants: graph.bytes(5).map(readTensor), metadata: Object.fromEntries(metadata) };
}

const nodeMessage = (node: OnnxNode): Uint8Array =>
  message(
    ...node.inputs.map((name) => bytesField(1, name)),
    bytesField(2, node.output),
    bytesField(3, node.output),
    bytesField(4, node.operator),
    ...Object.entries(node.attributes).map(([name, value]) => bytesField(5, attributeMessage(name, value))),
  );

function attributeMessage(name: string, value: number | readonly number[]): Uint8Array {
  if (typeof value !== 'number') {
    return message(bytesField(1, name), ...value.map((v) => varintField(8, v)), varintField(20, intsAttribute));
  }
  return Number.isInteger(value)
    ? message(bytesField(1, name), varintField(3, value), varintField(20, intAttribute))
    : message(bytesField(1, name), floatField(2, value), varintField(20, floatAttribute));
}

function tensorMessage({ name, shape, data }: OnnxConstant): Uint8Array {
  const type = data instanceof Float32Array ? float32Type : int64Type;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(
    ...shape.map((size) => varintField(1, size)),
    varintField(2, type),
    bytesField(8, name),
    bytesField(9, raw),
  );
}

function readTensor(bytes: Uint8Array): OnnxConstant {
  const fields = readMessage(bytes);
  const raw = Uint8Array.from(fields.bytes(9)[0] ?? []); // a copy of its own, aligned
  const isFloat = Number(fields.numbers(2)[0]) === float32Type;
  return {
    name: fields.text(8),
    shape: fields.numbers(1).map(Number),
    data: isFloat ? new Float32Array(raw.buffer) : new BigInt64Array(raw.buffer),
  };
}

function valueMessage({ name, shape }: OnnxValue): Uint8Array {
  const sizes = shape.map((size) =>
    bytesField(1, typeof size === 'string' ? bytesField(2, size) : varintField(1, size)),
  );
  const tensor = message(varintField(1, float32Type), bytesField(2, message(...sizes)));
  return message(bytesField(1, name), bytesField(2, bytesField(1, tensor)));
}
