import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { type Encoder, loadEncoder } from '../../engine/audio/encoder.ts';
import { zeros } from '../../engine/core/matrix.ts';
import { createStreams, normalFrom } from '../../engine/core/random.ts';
import { runExperiment } from '../../scenarios/experiment.ts';
import { coldRecall } from '../../scenarios/hearing/cold-recall.ts';
import { energyFromLevel } from '../../scenarios/hearing/loudness.ts';
import { plantTargets } from '../../scenarios/hearing/planted-targets.ts';
import hearing from '../../scenarios/hearing.ts';
import { openRunFolder } from '../../scenarios/run-folder.ts';
import { parseScenario } from '../../scenarios/schema.ts';
import { drawSound } from '../engine/audio/sounds.ts';

const streams = createStreams('hearing tests');
const folder = mkdtempSync(join(tmpdir(), 'dubplate-hearing-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('planted targets', () => {
  const sounds = Array.from({ length: 400 }, (_, i) => drawSound(streams('sound', i)));

  it.each([0.1, 0.5, 1])('hold so much of the sound as they should: %d', (share) => {
    const { targets, acoustic } = plantTargets(sounds, 32, share, streams);
    let [error, spread] = [0, 0];
    targets.data.forEach((y, i) => {
      error += (y - acoustic.data[i]!) ** 2;
      spread += y ** 2;
    });
    expect(spread / targets.data.length).toBeCloseTo(1, 1);
    expect(1 - error / spread).toBeCloseTo(share, 1);
  });

  it('have the same map and the same noise whatever the share', () => {
    const [half, whole] = [0.5, 1].map((share) => plantTargets(sounds, 4, share, streams));
    half!.acoustic.data.forEach((a, i) => {
      expect(a).toBeCloseTo(Math.SQRT1_2 * whole!.acoustic.data[i]!, 5);
    });
  });
});

describe('coldRecall', () => {
  const random = (name: string) => {
    const draw = streams(name, 0);
    const matrix = zeros(300, 16);
    for (let i = 0; i < matrix.data.length; i++) matrix.data[i] = normalFrom(draw);
    return matrix;
  };

  it('is 1 for the truth, and a tenth for anything else', () => {
    const truth = random('truth');
    expect(coldRecall(truth, truth, streams)).toBe(1);
    expect(coldRecall(truth, random('other'), streams)).toBeCloseTo(0.1, 1);
  });

  it('grows with what is known', () => {
    const [truth, noise] = [random('truth'), random('noise')];
    const mixed = (share: number) => ({
      ...truth,
      data: truth.data.map((y, i) => share * y + (1 - share) * noise.data[i]!),
    });
    const found = [0.2, 0.4, 0.6, 0.8].map((share) => coldRecall(truth, mixed(share), streams));
    expect(found).toEqual([...found].sort((a, b) => a - b));
  });
});

describe('energyFromLevel', () => {
  it('finds the line between level and energy', () => {
    const tracks = Array.from({ length: 50 }, (_, i) => {
      const energy = i / 50;
      const waveform = new Float32Array(1000).fill(10 ** ((20 * energy - 30) / 20));
      return { waveform: () => waveform, energy };
    });
    const predict = energyFromLevel(tracks);
    for (const { waveform, energy } of tracks) expect(predict(waveform())).toBeCloseTo(energy, 5);
  });
});

describe('the scenario hearing', () => {
  const small = parseScenario(
    {
      ...hearing,
      hearing: { tracks: 110, test: 30, dial: [0.5, 1] },
      arms: { encoder: { als: { factors: 8 }, encoder: { epochs: 2, batch: 16, tracksPerEpoch: 110 } } },
    },
    'small',
  );
  const run = (name: string, encoder?: Encoder) =>
    runExperiment(small, {
      folder: openRunFolder(join(folder, name), { resume: false }),
      resume: false,
      redisUrl: undefined,
      encoder,
      kernel: chooseKernel(),
      command: 'test',
      progress: () => {},
    });

  it('says of every attribute and of the embedding how much is heard, twice the same, and keeps the encoder', async () => {
    const [first, second] = [await run('first'), await run('second')];
    const meanOf = (arm: string, metric: string): number =>
      first.summary.find((row) => row.arm === arm && row.metric === metric)?.mean ?? Number.NaN;
    for (const metric of [
      ...['tempoAcc1', 'tempoAcc2', 'keyWeighted', 'energyR2', 'brightnessR2', 'envelopeR2', 'oddEvenR2'],
      ...['modulationR2', 'embeddingR2', 'embeddingShare', 'coldRecall.50', 'coldRecall.100'],
    ]) {
      expect(Number.isFinite(meanOf('encoder', metric)), metric).toBe(true);
    }
    expect(meanOf('encoder', 'energyR2')).toBeGreaterThan(0.5); // even so small: the level tells
    expect(meanOf('level', 'energyR2')).toBeGreaterThan(0.5);
    expect(meanOf('trueSound', 'embeddingR2')).toBeGreaterThan(0.3);
    expect(meanOf('trueSound', 'coldRecall.100')).toBe(1); // the sound tells all
    expect(meanOf('encoder', 'coldRecall.100')).toBeGreaterThan(0.1);
    const heard = ({ summary }: typeof first) => summary.filter(({ metric }) => metric !== 'trainSeconds');
    expect(heard(second)).toEqual(heard(first));
    const model = join(folder, 'first', 'encoder', 'latent-0', 'model', 'encoder.onnx');
    const encoder = await loadEncoder(readFileSync(model));
    expect(encoder.dim).toBe(8);
    expect(existsSync(join(folder, 'first', 'encoder', 'latent-0', 'encoder.checkpoint'))).toBe(false);
    expect(readFileSync(first.report, 'utf8')).toContain('tempoAcc1');

    // Tests the encoder that it is given as it is: the same attributes, and nothing said of a space that it does not know.
    const given = await run('given', encoder);
    const by = ({ summary }: typeof first) =>
      new Map(summary.filter(({ arm }) => arm === 'encoder').map(({ metric, mean }) => [metric, mean]));
    for (const metric of ['tempoAcc1', 'keyWeighted', 'energyR2', 'modulationR2', 'coldRecall.50']) {
      expect(by(given).get(metric), metric).toBe(by(first).get(metric));
    }
    for (const metric of ['embeddingR2', 'embeddingShare', 'epochs', 'trainSeconds']) {
      expect(by(given).has(metric), metric).toBe(false);
    }
    expect(readFileSync(given.report, 'utf8')).toContain('tempoAcc1');
    await encoder.close();
  });
});
