import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { descend } from '../../../engine/audio/descent.ts';
import { type Encoder, loadEncoder } from '../../../engine/audio/encoder.ts';
import { add, gradients, input, mean, scalar, square, subtract, sum, toOnnx } from '../../../engine/audio/graph.ts';
import { openSession, type Values } from '../../../engine/audio/session.ts';
import { type Example, type TrainingOptions, trainEncoder } from '../../../engine/audio/train.ts';
import { trainableNetwork, type WeightValues } from '../../../engine/audio/weights.ts';
import { waveformSamples } from '../../../engine/core/catalogue.ts';
import { createStreams, normalFrom } from '../../../engine/core/random.ts';
import { evaluate } from './float64.ts';
import { drawSound, plainSound } from './sounds.ts';

const streams = createStreams('encoder tests');
const folder = mkdtempSync(join(tmpdir(), 'dubplate-encoder-'));
const open: Encoder[] = [];
afterAll(async () => {
  for (const encoder of open) await encoder.close();
  rmSync(folder, { recursive: true });
});

const dim = 6;
/** Tracks whose factor is a fixed linear function of energy and brightness, and some noise. */
const tracks: Example[] = Array.from({ length: 130 }, (_, i) => {
  const sound = drawSound(streams('sound', i));
  const waveform = plainSound(sound, streams('waveform', i));
  const noise = streams('noise', i);
  const factor = Float32Array.from({ length: dim }, (_, d) => {
    const heard = Math.sin(d) * (sound.energy - 0.5) + Math.cos(d) * (sound.timbre[0] - 0.5);
    return 0.2 + 0.05 * (heard + 0.1 * normalFrom(noise));
  });
  return { waveform: () => waveform, sound, factor, group: `artist ${i >> 1}` };
});
const few = tracks.slice(0, 12);
const quick = { epochs: 1, batch: 4, dim };

async function train(examples: readonly Example[], options: TrainingOptions = quick, startFrom?: Encoder) {
  const result = await trainEncoder(examples, options, createStreams('training'), { startFrom });
  open.push(result.encoder);
  return result;
}
/** One small encoder for the tests that only need some encoder. */
let small: ReturnType<typeof train> | undefined;
const someEncoder = async (): Promise<Encoder> => {
  small ??= train(few);
  return (await small).encoder;
};
const waveformsOf = (examples: readonly Example[]) => examples.map(({ waveform }) => waveform());

describe('trainEncoder', () => {
  it('learns energy, brightness and the embedding of artists it has not seen, and says so', async () => {
    const { report } = await train(tracks, { epochs: 4, batch: 16, dim });
    expect(report.trained + report.validated).toBe(130);
    expect(report.validated).toBeGreaterThan(0);
    expect(report.validated % 2).toBe(0); // whole artists, of two tracks each
    expect(report.steps).toBe(4 * Math.floor(report.trained / 16));
    expect(report.epochs.at(-1)!.tempo).toBeLessThan(report.epochs[0]!.tempo);
    expect(report.epochs.at(-1)!.key).toBeLessThan(report.epochs[0]!.key);
    expect(report.validation!.energyR2).toBeGreaterThan(0.5);
    expect(report.validation!.brightnessR2).toBeGreaterThan(0.5);
    expect(report.validation!.embeddingR2).toBeGreaterThan(0.4);
  });

  it('gives the same bytes for the same examples, options and streams, and others for another seed', async () => {
    const [a, b] = [await train(few), await train(few)];
    expect(Buffer.from(a.encoder.bytes).equals(b.encoder.bytes)).toBe(true);
    expect(a.report).toEqual(b.report);
    const other = await trainEncoder(few, quick, createStreams('other'));
    open.push(other.encoder);
    expect(Buffer.from(a.encoder.bytes).equals(other.encoder.bytes)).toBe(false);
  });

  it('says of every example what the encoder says of it on listening again', async () => {
    const { encoder, embeddings } = await train(tracks.slice(0, 110), { epochs: 1, batch: 16, dim });
    const again = await encoder.read(waveformsOf(tracks.slice(0, 110)));
    expect(embeddings).toHaveLength(110);
    embeddings.forEach((embedding, i) => {
      embedding.forEach((v, d) => {
        expect(v).toBeCloseTo(again[i]!.embedding[d]!, 5);
      });
    });
  });

  it('looks at no more tracks in an epoch than it is told, and solves the heads from all', async () => {
    const options = { epochs: 3, batch: 8, tracksPerEpoch: 16, dim };
    const { report, embeddings } = await train(tracks, options);
    expect(report.steps).toBe(6);
    expect(embeddings).toHaveLength(130);
    expect(report.validation!.brightnessR2).toBeGreaterThan(0.5); // from 16 tracks alone it would be guesswork
  });

  it('manages with fewer tracks than a batch', async () => {
    const { report, encoder } = await train(tracks.slice(0, 3), { epochs: 2, batch: 32, dim });
    expect(report.steps).toBe(2);
    expect(report.validation).toBeUndefined();
    const [reading] = await encoder.read(waveformsOf(tracks.slice(0, 1)));
    expect([...reading!.embedding].every(Number.isFinite)).toBe(true);
  });

  it('embeds everything at zero when no factor is known', async () => {
    const { encoder, report } = await train(few.map(({ factor: _, ...example }) => example));
    const readings = await encoder.read(waveformsOf(few.slice(0, 2)));
    expect(readings.map(({ embedding }) => [...embedding])).toEqual([Array(dim).fill(0), Array(dim).fill(0)]);
    expect(report.epochs[0]!.embedding).toBe(0);
  });

  it('learns the embedding when nothing is annotated', async () => {
    const { report } = await train(few.map(({ sound: _, ...example }) => example));
    expect(report.epochs[0]!.tempo).toBe(0);
    expect(report.epochs[0]!.attributes).toBe(0);
    expect(report.epochs[0]!.embedding).toBeGreaterThan(0);
  });

  it('does not look at a factor of weight 0', async () => {
    const spoilt = few.map((example, i) =>
      i < 4 ? { ...example, weight: 0, factor: new Float32Array(dim).fill(1e6) } : example,
    );
    const absent = few.map(({ factor, ...example }, i) => (i < 4 || !factor ? example : { ...example, factor }));
    expect(Buffer.from((await train(spoilt)).encoder.bytes).equals((await train(absent)).encoder.bytes)).toBe(true);
  });

  it('moves the embedding with the factors: another scale and origin change nothing else', async () => {
    const moved = few.map((example) => ({ ...example, factor: example.factor!.map((v) => 100 * v - 3) }));
    const [before, after] = [await train(few), await train(moved)];
    const [a, b] = [await before.encoder.read(waveformsOf(few)), await after.encoder.read(waveformsOf(few))];
    a.forEach((reading, i) => {
      reading.embedding.forEach((v, d) => {
        expect(Math.abs(b[i]!.embedding[d]! - (100 * v - 3))).toBeLessThan(0.05);
      });
    });
  });

  it.each([1, 512])('embeds in %i dimensions', async (wide) => {
    const examples = few.map((example, i) => ({
      ...example,
      factor: Float32Array.from({ length: wide }, (_, d) => Math.sin(i * d + i)),
    }));
    const { encoder } = await train(examples, { ...quick, dim: wide });
    expect(encoder.dim).toBe(wide);
    const readings = await encoder.read(waveformsOf(few.slice(0, 2)));
    expect(readings.map(({ embedding }) => embedding.length)).toEqual([wide, wide]);
    expect(readings[0]!.embedding).not.toEqual(readings[1]!.embedding);
  });

  it('goes on from an earlier encoder', async () => {
    const options = { epochs: 3, batch: 4, dim };
    const first = await train(tracks.slice(0, 24), options);
    const second = await train(tracks.slice(0, 24), options, first.encoder);
    expect(second.report.epochs[0]!.key).toBeLessThan(first.report.epochs[0]!.key);
    expect(second.report.epochs[0]!.attributes).toBeLessThan(first.report.epochs[0]!.attributes);
  });

  /** Training that is interrupted when waveforms have been asked for so often: the examples themselves refuse. */
  async function interrupt(options: TrainingOptions, after: number, checkpoint: string): Promise<void> {
    let left = after;
    const breaking = tracks.map((example) => ({
      ...example,
      waveform: () => {
        if (left-- === 0) throw new Error('interrupted');
        return example.waveform();
      },
    }));
    const training = trainEncoder(breaking, options, createStreams('training'), { checkpoint });
    await expect(training).rejects.toThrow('interrupted');
    expect(existsSync(checkpoint)).toBe(true);
  }

  it('ends at the same bytes when it is interrupted and goes on, and leaves no checkpoint', async () => {
    const options = { epochs: 3, batch: 8, tracksPerEpoch: 32, dim };
    const whole = await train(tracks, options);
    const perEpoch = 32 + whole.report.validated;
    const checkpoint = join(folder, 'training.checkpoint');
    for (const [after, stepsDone] of [
      [perEpoch + 10, 4], // in the second epoch: the first is not done again
      [3 * perEpoch + 5, 12], // when all that is left is to solve the heads
    ] as const) {
      await interrupt(options, after, checkpoint);
      const labels: number[] = [];
      const progress = (label: string, done: number): void => {
        if (label === 'training the encoder') labels.push(done);
      };
      const rest = await trainEncoder(tracks, options, createStreams('training'), { checkpoint, progress });
      open.push(rest.encoder);
      expect(labels[0]).toBe(stepsDone === 12 ? undefined : 8 * (stepsDone + 1));
      expect(rest.report).toEqual(whole.report);
      expect(Buffer.from(rest.encoder.bytes).equals(Buffer.from(whole.encoder.bytes))).toBe(true);
      expect(existsSync(checkpoint)).toBe(false);
    }
  });

  it('does not go on from the checkpoint of another training', async () => {
    const options = { epochs: 2, batch: 8, tracksPerEpoch: 32, dim };
    const checkpoint = join(folder, 'other.checkpoint');
    await interrupt(options, 60, checkpoint);
    const run = (at: string | undefined) =>
      trainEncoder(tracks, options, createStreams('another seed'), { checkpoint: at });
    const [result, whole] = [await run(checkpoint), await run(undefined)];
    open.push(result.encoder, whole.encoder);
    expect(Buffer.from(result.encoder.bytes).equals(Buffer.from(whole.encoder.bytes))).toBe(true);
  });

  it('returns the weights of the epoch that did best', async () => {
    const network = trainableNetwork({ batch: 8, dim }, createStreams('best'));
    const losses = [3, 1, 2];
    const seen: WeightValues[] = [];
    const options = { epochs: 3, patience: 3, batch: 8, tracksPerEpoch: 16 };
    const space = { mean: new Float32Array(dim), scale: 1 };
    const descended = await descend(network, tracks.slice(0, 16), options, space, createStreams('best'), {
      progress: () => {},
      validate: async (weights) => {
        seen.push(new Map([...weights].map(([name, data]) => [name, data.slice()])));
        return { tempo: losses[seen.length - 1]!, key: 0, attributes: 0, embedding: 0 };
      },
    });
    expect(descended.best).toBe(2);
    expect(descended.weights).toEqual(seen[1]);
    expect(descended.weights).not.toEqual(seen[2]);
  });

  it('keeps the epoch that did best on artists kept back, and stops when nothing gets better', async () => {
    // Nothing can be learnt of factors that are drawn by chance, only remembered: after some epochs it gets worse.
    const noise = streams('chance', 0);
    const hopeless = tracks.map(({ sound: _, ...example }) => ({
      ...example,
      factor: Float32Array.from({ length: dim }, () => normalFrom(noise)),
    }));
    const { report } = await train(hopeless, { epochs: 30, patience: 2, batch: 8, dim });
    expect(report.epochs.length).toBeLessThan(30);
    expect(report.best).toBe(report.epochs.length - 2);
    expect(report.steps).toBe(report.epochs.length * Math.floor(report.trained / 8));
  });

  it('says which examples were kept back', async () => {
    const { report, split } = await train(tracks, { epochs: 1, batch: 16, dim });
    expect([split.train.length, split.validate.length]).toEqual([report.trained, report.validated]);
    expect(new Set([...split.train, ...split.validate])).toEqual(new Set(tracks));
  });

  it('refuses to learn from nothing', async () => {
    await expect(train([])).rejects.toThrow('nothing');
  });
});

describe('the network', () => {
  const network = trainableNetwork({ batch: 2, dim: 3 }, createStreams('gradient'));
  const { outputs } = network;
  const head = (t: typeof outputs.key) => mean(square(subtract(t, scalar(0.3))), [0, 1]);
  const loss = add(add(head(outputs.tempo), head(outputs.key)), add(head(outputs.attributes), head(outputs.embedding)));
  const draw = createStreams('gradient')('values', 0);
  // Heads begin at zero; give every weight a value so that every gradient is alive.
  const values = network.weights.map(({ weight }) => weight.data.map((v) => v + 0.02 * normalFrom(draw)));
  const waveform = Float32Array.from([...tracks[0]!.waveform(), ...tracks[1]!.waveform()]);
  /** The loss in float64 where weight `which` is moved by `by`. */
  const lossAt = (which: number, by: (k: number) => number): number => {
    const inputs = new Map<string, ArrayLike<number>>([['waveform', waveform]]);
    for (const [i, { weight }] of network.weights.entries())
      inputs.set(weight.name, i === which ? Float64Array.from(values[i]!, (v, k) => v + by(k)) : values[i]!);
    return evaluate(loss, inputs)[0]!;
  };
  const asked = async () => {
    const slopes = gradients(
      loss,
      network.weights.map(({ tensor }) => tensor),
    );
    const session = await openSession(toOnnx({ loss, ...Object.fromEntries(slopes.map((s, i) => [`d${i}`, s])) }));
    const feeds: Record<string, Values> = { waveform: { shape: [2, waveformSamples], data: waveform } };
    for (const [i, { weight }] of network.weights.entries())
      feeds[weight.name] = { shape: weight.shape, data: values[i]! };
    const results = await session.run(feeds);
    await session.close();
    return results;
  };

  it('has the loss and the gradient of its float64 twin: along the gradient of every weight and along chance', async () => {
    const results = await asked();
    expect(results.loss!.data[0]! / lossAt(-1, () => 0)).toBeCloseTo(1, 5);
    for (const [i, { weight }] of network.weights.entries()) {
      const slope = results[`d${i}`]!.data;
      const norm = Math.sqrt(slope.reduce((total, v) => total + v * v, 0));
      if (weight.name === 'tempo.bias') {
        expect(norm).toBeLessThan(1e-5); // the same for all classes: a softmax does not see it
        continue;
      }
      expect(norm, weight.name).toBeGreaterThan(1e-6);
      const chance = Float64Array.from(slope, () => normalFrom(draw) / Math.sqrt(slope.length));
      const directions = [Float64Array.from(slope, (v) => v / norm), chance];
      for (const [which, direction] of directions.entries()) {
        const size = 1e-5;
        const step = (sign: number): number => lossAt(i, (k) => sign * size * direction[k]!);
        const measured = (step(1) - step(-1)) / (2 * size);
        const said = direction.reduce((total, d, k) => total + d * slope[k]!, 0);
        expect(Math.abs(measured - said), `${weight.name}, direction ${which}`).toBeLessThan(1e-3 * norm);
      }
    }
  });
});

describe('loadEncoder', () => {
  it('reads a waveform alone as it does among others, from an array or as they come', async () => {
    const encoder = await someEncoder();
    const all = await encoder.read(waveformsOf(tracks.slice(0, 35)));
    const lazily = function* () {
      for (const { waveform } of tracks.slice(0, 35)) yield waveform();
    };
    expect(await encoder.read(lazily())).toEqual(all);
    for (const i of [0, 31, 32, 34]) {
      const [alone] = await encoder.read([tracks[i]!.waveform()]);
      expect(alone!.tempoBpm).toBeCloseTo(all[i]!.tempoBpm, 2);
      alone!.embedding.forEach((v, d) => {
        expect(v).toBeCloseTo(all[i]!.embedding[d]!, 4);
      });
    }
  });

  it('opens the written file and finds the same encoder in it', async () => {
    const encoder = await someEncoder();
    const path = join(folder, 'encoder.onnx');
    writeFileSync(path, encoder.bytes);
    const loaded = await loadEncoder(path);
    open.push(loaded);
    expect(loaded.dim).toBe(dim);
    expect(await loaded.read(waveformsOf(few))).toEqual(await encoder.read(waveformsOf(few)));
  });

  it('says what is wrong with a file that is no encoder', async () => {
    const text = join(folder, 'text.onnx');
    writeFileSync(text, 'this is not a model, it only says so in its name');
    await expect(loadEncoder(text)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(text),
    });
    await expect(loadEncoder(join(folder, 'none.onnx'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const other = toOnnx({ y: sum(input('x', [2]), [0]) });
    await expect(loadEncoder(other)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('something else'),
    });
    const encoder = await someEncoder();
    await expect(loadEncoder(encoder.bytes.subarray(0, 5000))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  const hasPython = spawnSync('python3', ['-c', 'import onnxruntime, numpy']).status === 0;
  if (!hasPython) console.warn('Skipped: Python runs the encoder too. To run it: pip install onnxruntime numpy.');
  it.skipIf(!hasPython)("gives Python's onnxruntime the same embeddings", async () => {
    const encoder = await someEncoder();
    const [path, samples] = [join(folder, 'python.onnx'), join(folder, 'samples.f32')];
    writeFileSync(path, encoder.bytes);
    writeFileSync(samples, Buffer.concat(waveformsOf(few.slice(0, 3)).map((w) => Buffer.from(w.buffer))));
    const script = `
import json, numpy, onnxruntime
session = onnxruntime.InferenceSession('${path}', providers=['CPUExecutionProvider'])
x = numpy.fromfile('${samples}', dtype='<f4').reshape(3, ${waveformSamples})
print(json.dumps(session.run(['embedding'], {'waveform': x})[0].tolist()))
print(session.get_modelmeta().custom_metadata_map['sample_rate_hz'])`;
    const [embeddings, rate] = execFileSync('python3', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
    const ours = await encoder.read(waveformsOf(few.slice(0, 3)));
    (JSON.parse(embeddings!) as number[][]).forEach((row, i) => {
      row.forEach((v, d) => {
        expect(v).toBeCloseTo(ours[i]!.embedding[d]!, 4);
      });
    });
    expect(rate).toBe('8000');
  });
});
