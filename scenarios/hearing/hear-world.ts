import { type SoundReading, weightsOf } from '../../engine/audio/encoder.ts';
import {
  type EmbeddingSpace,
  type Example,
  embeddingSpace,
  type Split,
  splitByGroup,
} from '../../engine/audio/examples.ts';
import { embedHeard, hear, solveAttributes, solveEmbedding, withEmbedding } from '../../engine/audio/heads.ts';
import { encoderQuality, rSquared } from '../../engine/audio/quality.ts';
import { trainEncoder } from '../../engine/audio/train.ts';
import { digestOf } from '../../engine/core/digest.ts';
import { writeFileAtomic } from '../../engine/core/files.ts';
import { type Matrix, rowOf } from '../../engine/core/matrix.ts';
import { silent } from '../../engine/core/progress.ts';
import { createStreams, type Streams } from '../../engine/core/random.ts';
import type { EngineOptions } from '../../engine/options.ts';
import type { MetricRow } from '../scoring/rows.ts';
import { type SynthesisedTrack, synthesiseTracks } from '../synthesised-tracks.ts';
import type { WorldResult, WorldTask } from '../world-task.ts';
import { coldRecall } from './cold-recall.ts';
import { energyFromLevel } from './loudness.ts';
import { type PlantedTargets, plantTargets } from './planted-targets.ts';

/** What one encoder is tested on. */
interface Trial {
  readonly tracks: readonly SynthesisedTrack[];
  /** So many of them are learnt from; the others are the test. */
  readonly learnt: number;
  readonly dim: number;
  readonly streams: Streams;
}

/**
 * One world of the scenario `hearing`: every arm trains an encoder on synthesised tracks with planted factors, or takes the one
 * that is given, and is tested on others. What it is told and what it hears are known, therefore how well it could do at best, too.
 */
export async function hearWorld(task: WorldTask): Promise<WorldResult> {
  const { scenario, folder, name, family } = task;
  const sizes = scenario.hearing;
  if (!sizes) throw new Error('the scenario does not say what to hear');
  const streams = createStreams(task.seed);
  const tracks = synthesiseTracks(sizes.tracks + sizes.test, streams, { progress: task.progress });
  const rows: MetricRow[] = [];
  const record = (arm: string, figures: Readonly<Record<string, number>>): void => {
    const place = { world: name, family, day: null, segment: 'all', n: sizes.test } as const;
    for (const [metric, value] of Object.entries(figures)) rows.push({ arm, ...place, metric, value });
  };
  const digests: Record<string, { model: string }> = {};
  for (const [index, [arm, options]] of Object.entries(scenario.arms).entries()) {
    const trial: Trial = { tracks, learnt: sizes.tracks, dim: options.als.factors, streams };
    const { encoder, figures, best } = await hearArm(trial, sizes, options, {
      checkpoint: folder.file(arm, name, 'encoder.checkpoint'),
      task,
    });
    record(arm, figures);
    if (index === 0 && scenario.bounds.includes('level')) record('level', { energyR2: levelQuality(trial) });
    if (index === 0 && scenario.bounds.includes('trueSound')) record('trueSound', best);
    writeFileAtomic(folder.file(arm, name, 'model', 'encoder.onnx'), encoder);
    digests[arm] = { model: digestOf(encoder) };
  }
  return { rows, digests };
}

/** What one arm hears of the tracks it has not learnt from, and the best that could be. */
interface HeardByArm {
  readonly encoder: Uint8Array;
  readonly figures: Readonly<Record<string, number>>;
  /** With the true acoustic part of the factors in the place of the embedding. */
  readonly best: Readonly<Record<string, number>>;
}

async function hearArm(
  trial: Trial,
  sizes: NonNullable<WorldTask['scenario']['hearing']>,
  options: EngineOptions,
  { checkpoint, task }: { readonly checkpoint: string; readonly task: WorldTask },
): Promise<HeardByArm> {
  const { tracks, learnt, streams } = trial;
  const planted = targetsOf(trial, sizes.acousticShare);
  const examples = examplesOf(trial, planted);
  const startedAt = task.clock();
  const trained = task.encoder
    ? undefined
    : await trainEncoder(examples, { ...options.encoder, dim: trial.dim }, streams, {
        progress: task.progress,
        checkpoint,
      });
  const encoder = trained?.encoder ?? task.encoder!;
  try {
    const seconds = (task.clock() - startedAt) / 1000;
    const test = tracks.slice(learnt);
    const readings = await encoder.read(
      test.map(({ waveform }) => waveform()),
      task.progress,
    );
    const truths = test.map(({ sound }, i) => ({ sound, factor: rowOf(planted.targets, learnt + i) }));
    const quality = encoderQuality(trained ? readings : withoutEmbedding(readings, trial.dim), truths);
    const perfect = readings.map((reading, i) => ({ ...reading, embedding: rowOf(planted.acoustic, learnt + i) }));
    const { embeddingR2: most } = encoderQuality(perfect, truths);
    const split = trained?.split ?? splitByGroup(examples, streams);
    const curve = await dial(trial, encoder.bytes, split, sizes.dial);
    const alongDial = (of: (point: DialPoint) => number): Record<string, number> =>
      Object.fromEntries(curve.map((point) => [`coldRecall.${Math.round(100 * point.share)}`, of(point)]));
    const figures = {
      tempoAcc1: quality.tempoAccuracy1,
      tempoAcc2: quality.tempoAccuracy2,
      keyWeighted: quality.keyScore,
      energyR2: quality.energyR2,
      brightnessR2: quality.brightnessR2,
      envelopeR2: quality.envelopeR2,
      oddEvenR2: quality.oddEvenR2,
      modulationR2: quality.modulationR2,
      ...alongDial(({ found }) => found),
      // One that was given knows nothing of these factors: its embedding is in a space of its own.
      ...(trained && {
        embeddingR2: quality.embeddingR2,
        embeddingShare: quality.embeddingR2 / most,
        epochs: trained.report.best,
        trainSeconds: seconds,
      }),
    };
    return {
      encoder: encoder.bytes,
      figures,
      best: { embeddingR2: most, embeddingShare: 1, ...alongDial((point) => point.most) },
    };
  } finally {
    await trained?.encoder.close();
  }
}

const withoutEmbedding = (readings: readonly SoundReading[], dim: number): SoundReading[] =>
  readings.map((reading) => ({ ...reading, embedding: new Float32Array(dim) }));

const targetsOf = ({ tracks, dim, streams }: Trial, share: number): PlantedTargets =>
  plantTargets(
    tracks.map(({ sound }) => sound),
    dim,
    share,
    streams,
  );

/** The tracks that are learnt from, every one by an artist of its own: its number. */
const examplesOf = ({ tracks, learnt }: Trial, { targets }: PlantedTargets): Example[] =>
  tracks.slice(0, learnt).map((track, i) => ({ ...track, factor: rowOf(targets, i), group: String(i) }));

/** R² of the energy that the level alone predicts. */
function levelQuality({ tracks, learnt }: Trial): number {
  const known = tracks.map(({ waveform, sound }) => ({ waveform, energy: sound.energy }));
  const predict = energyFromLevel(known.slice(0, learnt));
  const test = known.slice(learnt);
  return rSquared(
    test.map(({ energy }) => energy),
    test.map(({ waveform }) => predict(waveform())),
  );
}

interface DialPoint {
  readonly share: number;
  readonly found: number;
  /** With the true acoustic part in the place of what was predicted. */
  readonly most: number;
}

/** Recall of new tracks by their sound alone, where the sound tells more or less of what listeners like. */
async function dial(trial: Trial, encoder: Uint8Array, split: Split, shares: readonly number[]): Promise<DialPoint[]> {
  if (shares.length === 0) return [];
  const weights = weightsOf(encoder);
  const heard = await hear(split, weights, silent);
  const test = trial.tracks.slice(trial.learnt).map((track, i) => ({ ...track, group: String(i) }));
  const { train: heardTest } = await hear({ train: test, validate: [] }, weights, silent);
  const attributes = solveAttributes(split, heard);
  const points: DialPoint[] = [];
  for (const share of shares) {
    const planted = targetsOf(trial, share);
    const retell = (example: Example): Example => ({
      ...example,
      factor: rowOf(planted.targets, Number(example.group)),
    });
    const retold = { train: split.train.map(retell), validate: split.validate.map(retell) };
    const space: EmbeddingSpace | undefined = embeddingSpace(retold.train, trial.dim);
    const head = space && solveEmbedding(retold, heard, attributes, space);
    if (!space || !head) throw new Error('there is no factor to learn from');
    const embeddings = await embedHeard(heardTest, withEmbedding(weights, head), space);
    const truth = from(planted.targets, trial.learnt);
    points.push({
      share,
      found: coldRecall(truth, embeddings, trial.streams),
      most: coldRecall(truth, from(planted.acoustic, trial.learnt), trial.streams),
    });
  }
  return points;
}

/** The rows from `first` on. */
const from = ({ rows, cols, data }: Matrix, first: number): Matrix => ({
  rows: rows - first,
  cols,
  data: data.subarray(first * cols),
});
