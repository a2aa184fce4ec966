import { beforeAll, describe, expect, it } from 'vitest';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { startFactors } from '../../engine/als/seed-factors.ts';
import { type Factors, trainAls } from '../../engine/als/train.ts';
import { loadEncoder } from '../../engine/audio/encoder.ts';
import { SoundLibrary } from '../../engine/audio/sound-library.ts';
import type { Catalogue } from '../../engine/core/catalogue.ts';
import { artistId, trackId } from '../../engine/core/ids.ts';
import { type Matrix, rowOf, zeros } from '../../engine/core/matrix.ts';
import { Memo } from '../../engine/core/memo.ts';
import { silent } from '../../engine/core/progress.ts';
import { createStreams, normalFrom } from '../../engine/core/random.ts';
import { secondsPerDay } from '../../engine/core/time.ts';
import { type Csr, csrFromTriples, interactionMatrix } from '../../engine/interactions/csr.ts';
import { alsOptionsSchema, encoderOptionsSchema } from '../../engine/options.ts';
import { synthesiseTracks } from '../../scenarios/synthesised-tracks.ts';

const [listeners, known, cold] = [250, 300, 60];
const streams = createStreams('drift');
const kernel = chooseKernel();
const als = { ...alsOptionsSchema.parse({ factors: 16, regularization: 5 }), sweeps: 3 };
const tracks = synthesiseTracks(known + cold, streams);

/** True taste: what a listener likes of energy, brightness, mode and speed. */
const tastes = Array.from({ length: listeners }, (_, listener) => {
  const draw = streams('taste', listener);
  return Array.from({ length: 4 }, () => normalFrom(draw));
});
const utility = (listener: number, track: number): number => {
  const { energy, timbre, key, tempoBpm } = tracks[track]!.sound;
  const heard = [energy - 0.5, timbre[0] - 0.5, (key & 1) - 0.5, Math.log(tempoBpm / 105)];
  return heard.reduce((sum, value, i) => sum + value * tastes[listener]![i]!, 0);
};

/** What was played up to a generation: every generation adds twelve plays of each listener, and forgets what is five old. */
function playsOf(generation: number): Csr {
  const row: number[] = [];
  const col: number[] = [];
  const weight: number[] = [];
  for (let g = Math.max(1, generation - 4); g <= generation; g++) {
    for (let listener = 0; listener < listeners; listener++) {
      const draw = streams('plays', listener, g);
      const liked = Array.from({ length: known }, (_, track) => track)
        .map((track) => ({ track, u: utility(listener, track) + 0.5 * normalFrom(draw) }))
        .sort((a, b) => b.u - a.u || a.track - b.track);
      for (const { track } of liked.slice(0, 12)) {
        row.push(listener);
        col.push(track);
        weight.push(1);
      }
    }
  }
  return csrFromTriples(
    { rows: listeners, cols: known + cold },
    { row: Uint32Array.from(row), col: Uint32Array.from(col), weight },
  );
}

/** Factors of a generation, from those before or, under another `seed`, from none: then nothing of the axes is kept. */
async function factorsOf(plays: Csr, previous: Factors | undefined, seed: string): Promise<Factors> {
  const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));
  const start = (side: 'users' | 'tracks', count: number): Matrix =>
    startFactors(
      ids(count),
      als.factors,
      side,
      createStreams(seed),
      previous && { ids: ids(count), factors: previous[side] },
    );
  const from = { users: start('users', listeners), tracks: start('tracks', known + cold) };
  return trainAls(interactionMatrix(plays), from, { ...als, sweeps: previous ? 3 : 12 }, { kernel });
}

const fansOf = (plays: Csr): Uint32Array => {
  const fans = new Uint32Array(known + cold);
  for (const track of plays.indices) fans[track]! += 1;
  return fans;
};

/** Mean over listeners: correlation of x·e with true taste over the cold tracks. */
function coldAgreement({ users }: Factors, embeddings: Matrix): number {
  let sum = 0;
  for (let listener = 0; listener < listeners; listener++) {
    const x = rowOf(users, listener);
    const pairs = Array.from({ length: cold }, (_, i) => {
      const e = rowOf(embeddings, known + i);
      return [x.reduce((total, value, d) => total + value * e[d]!, 0), utility(listener, known + i)] as const;
    });
    const means = [0, 1].map((side) => pairs.reduce((total, pair) => total + pair[side]!, 0) / cold);
    let [together, a, b] = [0, 0, 0];
    for (const [said, true_] of pairs) {
      together += (said - means[0]!) * (true_ - means[1]!);
      a += (said - means[0]!) ** 2;
      b += (true_ - means[1]!) ** 2;
    }
    sum += a > 0 ? together / Math.sqrt(a * b) : 0;
  }
  return sum / listeners;
}

const catalogue: Catalogue = {
  listeners: [],
  tracks: tracks.map((_, i) => ({ id: trackId(`t${i}`), artist: artistId(`a${i}`), releasedAt: 0, durationMs: 6144 })),
  waveform: (track) => tracks[track]!.waveform(),
  annotation: (track) => (track < known ? tracks[track]!.sound : undefined),
};

const none: Factors = { users: zeros(0, 0), tracks: zeros(0, 0) };

const openLibrary = (): SoundLibrary =>
  new SoundLibrary({
    catalogue,
    options: encoderOptionsSchema.parse({ epochs: 5, retrainDays: 100 }),
    streams,
    memo: new Memo(() => 0),
    given: undefined,
    kernel,
  });

const targetsOf = (generation: number, { tracks: factors }: Factors, plays: Csr) => ({
  generation,
  now: generation * secondsPerDay,
  tracks: factors,
  fans: fansOf(plays),
});

describe('the axes of ALS drift, and an encoder of generation 1', () => {
  const library = openLibrary();
  const sixth: Record<'drifted' | 'anew', Factors> = { drifted: none, anew: none };
  const plays = playsOf(6);

  beforeAll(async () => {
    let factors = await factorsOf(playsOf(1), undefined, 'start');
    await library.update(targetsOf(1, factors, playsOf(1)), silent);
    for (let generation = 2; generation <= 6; generation++) {
      factors = await factorsOf(playsOf(generation), factors, 'start');
    }
    sixth.drifted = factors;
    sixth.anew = await factorsOf(plays, undefined, 'another start');
  });

  it.each(['drifted', 'anew'] as const)('still ranks cold tracks in generation 6, its factors %s', async (way) => {
    const factors = sixth[way];
    const index = await library.update(targetsOf(6, factors, plays), silent);
    expect(index).toMatchObject({ trainedOn: 1 });
    expect(index!.drift).toBeGreaterThan(0.1);
    const carried = coldAgreement(factors, index!.embeddings);
    const fresh = await openLibrary().update(targetsOf(6, factors, plays), silent);
    expect(fresh).toMatchObject({ trainedOn: 6, drift: 0 });
    const trainedNow = coldAgreement(factors, fresh!.embeddings);
    expect(trainedNow).toBeGreaterThan(0.5);
    expect(carried).toBeGreaterThan(0.9 * trainedNow);
  });

  it('would be lost without being carried along, where the axes are other ones', async () => {
    const encoder = await loadEncoder(library.encoderFile!);
    const readings = await encoder.read(tracks.map(({ waveform }) => waveform()));
    await encoder.close();
    const raw = zeros(known + cold, als.factors);
    for (const [track, { embedding }] of readings.entries()) rowOf(raw, track).set(embedding);
    expect(Math.abs(coldAgreement(sixth.anew, raw))).toBeLessThan(0.25);
  });
});
