import { readFileSync } from 'node:fs';
import { type SoundAttributes, sampleRateHz, type Waveform, waveformSamples } from '../core/catalogue.ts';
import { DubplateError, messageOf } from '../core/errors.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';
import { type Progress, silent } from '../core/progress.ts';
import type { EmbeddingSpace } from './examples.ts';
import { toOnnx } from './graph.ts';
import { inSpace } from './heads.ts';
import { argmax, attributeNames, keyClasses, keyNames, tempoAxis, tempoClasses, tempoOf } from './labels.ts';
import { affine } from './layers.ts';
import { type OnnxModel, readOnnx } from './onnx-file.ts';
import { openSession, type Session } from './session.ts';
import { frozenNetwork, type WeightValues } from './weights.ts';

/** What the encoder hears in one waveform. */
export interface SoundReading extends SoundAttributes {
  /** Where the track would lie among the ALS factors [dim]. */
  readonly embedding: Float32Array;
}

/** The outputs of the encoder for N waveforms, one per row. */
export interface Predictions {
  /** ln p of the tempo classes [N × 44] and of the keys [N × 24]. */
  readonly tempo: Matrix;
  readonly key: Matrix;
  /** Energy, brightness, envelope, odd/even, modulation [N × 5]; about 0–1. */
  readonly attributes: Matrix;
  /** [N × dim], in the space of the ALS factors. */
  readonly embedding: Matrix;
}

/** A trained network, ready to listen. It holds native memory until closed. */
export interface Encoder {
  /** The `.onnx` file: weights, labels and all. Input `waveform` [N × 49152], N free. */
  readonly bytes: Uint8Array;
  /** Length of the embedding. */
  readonly dim: number;
  /**
   * Read any number of waveforms, 32 at a time; an iterable is asked for them as they are needed.
   * @param count how many there are, for the progress; not needed for an array.
   */
  read(waveforms: Iterable<Waveform>, progress?: Progress, count?: number): Promise<SoundReading[]>;
  /** The raw outputs, for a handful of waveforms (all are held at once). */
  predict(waveforms: readonly Waveform[]): Promise<Predictions>;
  close(): Promise<void>;
}

/** Waveforms per run of the graph: enough for both cores, 6 MB of samples. */
const readBatch = 32;

/** Raised whenever the network changes: weights of one version mean nothing in another. */
export const encoderVersion = '2';
const outputNames = {
  tempo: 'tempo_log_probabilities',
  key: 'key_log_probabilities',
  attributes: 'attributes',
  embedding: 'embedding',
} as const;

/** The encoder as one ONNX file. */
export function encoderFile(weights: WeightValues, space: EmbeddingSpace): Uint8Array {
  const dim = space.mean.length;
  const outputs = frozenNetwork(dim, weights);
  return toOnnx(
    {
      [outputNames.tempo]: outputs.tempo,
      [outputNames.key]: outputs.key,
      [outputNames.attributes]: affine(outputs.attributes, 1, 0.5),
      [outputNames.embedding]: inSpace(outputs.embedding, space),
    },
    {
      batch: 'N',
      metadata: {
        dubplate_encoder: encoderVersion,
        preprocessing: 'mono, resampled to sample_rate_hz, float32 in [-1, 1], the level as it is; windows of samples',
        sample_rate_hz: String(sampleRateHz),
        samples: String(waveformSamples),
        dim: String(dim),
        tempo_bpm: JSON.stringify(tempoAxis.map((bpm) => Math.round(bpm * 1e4) / 1e4)),
        keys: JSON.stringify(keyNames),
        attributes: JSON.stringify(attributeNames),
      },
    },
  );
}

/** The weights and the embedding space that an encoder file holds. */
export function weightsOf(encoder: Uint8Array): WeightValues {
  const { constants } = readOnnx(encoder);
  return new Map(constants.flatMap(({ name, data }) => (data instanceof Float32Array ? [[name, data]] : [])));
}

/** The embedding space among those weights; the one of zeros when there is none of this length. */
export function spaceOf(weights: WeightValues | undefined, dim: number): EmbeddingSpace {
  const mean = weights?.get('embedding.mean');
  const scale = weights?.get('embedding.scale')?.[0];
  return mean?.length === dim && scale !== undefined ? { mean, scale } : { mean: new Float32Array(dim), scale: 1 };
}

/**
 * Open an encoder.
 *
 * @param source path of an `encoder.onnx` file, or its bytes.
 * @throws DubplateError FILE_NOT_FOUND; INVALID_INPUT when it is not an encoder of this version.
 */
export async function loadEncoder(source: string | Uint8Array): Promise<Encoder> {
  const name = typeof source === 'string' ? source : 'The encoder';
  const bytes = typeof source === 'string' ? readEncoder(source) : source;
  const { metadata } = parse(name, bytes);
  const { dubplate_encoder: version, samples, sample_rate_hz: rate } = metadata;
  const dim = Number(metadata.dim);
  if (
    version !== encoderVersion ||
    samples !== String(waveformSamples) ||
    rate !== String(sampleRateHz) ||
    !(dim > 0)
  ) {
    const said = `version ${version}, ${samples} samples at ${rate} Hz, ${metadata.dim} dimensions`;
    const wanted = `version ${encoderVersion}, ${waveformSamples} samples at ${sampleRateHz} Hz`;
    const found = version === undefined ? 'an ONNX file of something else' : said;
    throw notAnEncoder(name, `found ${found}, expected an encoder of ${wanted}`);
  }
  const session = await openSession(bytes).catch((cause: unknown) => {
    throw notAnEncoder(name, `ONNX Runtime refuses it: ${String(cause).slice(0, 200)}`);
  });
  const predict = (waveforms: readonly Waveform[]): Promise<Predictions> => predictBatch(session, waveforms, dim);
  return {
    bytes,
    dim,
    predict,
    read: (waveforms, progress = silent, count) => readAll(predict, waveforms, progress, count),
    close: () => session.close(),
  };
}

async function readAll(
  predict: Encoder['predict'],
  waveforms: Iterable<Waveform>,
  progress: Progress,
  count = Array.isArray(waveforms) ? waveforms.length : undefined,
): Promise<SoundReading[]> {
  const readings: SoundReading[] = [];
  let batch: Waveform[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const predictions = await predict(batch);
    for (let row = 0; row < batch.length; row++) readings.push(readingOf(predictions, row));
    batch = [];
    if (count !== undefined) progress('listening', readings.length, count);
  };
  for (const waveform of waveforms) {
    batch.push(waveform);
    if (batch.length === readBatch) await flush();
  }
  await flush();
  return readings;
}

async function predictBatch(session: Session, waveforms: readonly Waveform[], dim: number): Promise<Predictions> {
  const rows = waveforms.length;
  const part = (cols: number): Matrix => zeros(rows, cols);
  const all = {
    tempo: part(tempoClasses),
    key: part(keyClasses),
    attributes: part(attributeNames.length),
    embedding: part(dim),
  };
  for (let from = 0; from < rows; from += readBatch) {
    const batch = waveforms.slice(from, from + readBatch);
    const data = new Float32Array(batch.length * waveformSamples);
    batch.forEach((waveform, i) => {
      if (waveform.length !== waveformSamples) throw new Error(`A waveform has ${waveform.length} samples`);
      data.set(waveform, i * waveformSamples);
    });
    const outputs = await session.run({ waveform: { data, shape: [batch.length, waveformSamples] } });
    for (const [key, name] of Object.entries(outputNames) as [keyof Predictions, string][]) {
      const output = outputs[name];
      if (!output) throw new Error(`The encoder has no output ${name}`);
      all[key].data.set(output.data, from * all[key].cols);
    }
  }
  return all;
}

/** Row `row` of the outputs in musical terms. */
export function readingOf(predictions: Predictions, row: number): SoundReading {
  const [energy = 0, brightness = 0, envelope = 0, oddEven = 0, modulation = 0] = Array.from(
    rowOf(predictions.attributes, row),
    (value) => Math.max(0, Math.min(1, value)),
  );
  return {
    tempoBpm: tempoOf(rowOf(predictions.tempo, row)),
    key: argmax(rowOf(predictions.key, row)),
    energy,
    timbre: [brightness, envelope, oddEven, modulation],
    embedding: rowOf(predictions.embedding, row).slice(),
  };
}

function readEncoder(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new DubplateError('FILE_NOT_FOUND', `Cannot read the encoder ${path}`, {
      hint: 'Check the path; a run keeps its encoder as model/encoder.onnx.',
      cause,
    });
  }
}

function parse(name: string, bytes: Uint8Array): Pick<OnnxModel, 'metadata'> {
  try {
    return readOnnx(bytes);
  } catch (cause) {
    throw notAnEncoder(name, `it is not an ONNX file (${messageOf(cause)})`);
  }
}

const notAnEncoder = (name: string, found: string): DubplateError =>
  new DubplateError('INVALID_INPUT', `${name} cannot be used: ${found}`, {
    hint: 'Use an encoder.onnx written by this version of Dubplate, or leave --encoder out to have one trained.',
  });
