import { describe, expect, it } from 'vitest';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { connectCache } from '../../engine/cache/connect.ts';
import { createSlateStore } from '../../engine/cache/slate-store.ts';
import type { EventColumns } from '../../engine/core/events.ts';
import { Memo } from '../../engine/core/memo.ts';
import { createStreams } from '../../engine/core/random.ts';
import { startOfDay } from '../../engine/core/time.ts';
import { createEngine } from '../../engine/index.ts';
import { engineOptionsSchema } from '../../engine/options.ts';
import { OpenCatalogue } from '../../scenarios/open-catalogue.ts';
import { createCrowd } from '../../sim/crowd.ts';
import { worldOptionsSchema } from '../../sim/options.ts';
import { createWorld, scrambleTruth, type World } from '../../sim/world.ts';
import { simulateDay } from '../sim/support.ts';

const world = createWorld(
  worldOptionsSchema.parse({ tracks: 80, releasesPerDay: 4, signupsPerDay: 2, cohorts: { all: { listeners: 40 } } }),
  { seed: 'truth', family: 'latent', historyDays: 6, days: 2 },
);

function pastOf(from: World): EventColumns[] {
  const crowd = createCrowd(from);
  return Array.from({ length: 6 }, (_, i) => simulateDay(from, crowd, i - 6, 'organic').next().value as EventColumns);
}

/** What the engine makes of a log, given no more of the world than it may see. */
async function trainedOn(from: World, log: readonly EventColumns[]) {
  const options = engineOptionsSchema.parse({
    als: { factors: 12, firstSweeps: 4 },
    encoder: { epochs: 1, minFans: 1 },
  });
  const client = await connectCache();
  const catalogue = new OpenCatalogue(from.catalogue);
  const engine = createEngine(options, {
    catalogue,
    store: createSlateStore(client, { namespace: 'truth' }),
    streams: createStreams('engine'),
    memo: new Memo(() => 0),
    kernel: chooseKernel(),
    clock: () => 0,
    progress: () => {},
  });
  for (const events of log) {
    catalogue.admitFrom(events);
    engine.observe(events);
  }
  catalogue.admit(from.listenerCountAt(startOfDay(0)), from.trackCountAt(startOfDay(0)));
  await engine.refresh(startOfDay(0));
  await client.close();
  return engine.digests();
}

describe('hidden truth', () => {
  it('does not reach the engine: with all of it scrambled, the same events and sounds train the same model', async () => {
    const scrambled = scrambleTruth(world, 'otherwise');
    const log = pastOf(world);
    expect(scrambled.truth.on(0).utility(3, 5)).not.toBe(world.truth.on(0).utility(3, 5));
    expect(pastOf(scrambled)[0]?.track).not.toEqual(log[0]?.track); // it would have been lived otherwise
    expect(await trainedOn(scrambled, log)).toEqual(await trainedOn(world, log));
  });

  it('is not in what the engine is given', () => {
    const seen = Object.keys(new OpenCatalogue(world.catalogue)).concat(
      Object.getOwnPropertyNames(OpenCatalogue.prototype),
      Object.keys(world.catalogue.tracks[0] ?? {}),
      Object.keys(world.catalogue.listeners[0] ?? {}),
    );
    expect(seen.sort()).toEqual(
      [
        ...['listeners', 'tracks', 'constructor', 'admit', 'admitFrom', 'waveform', 'annotation'],
        ...['id', 'artist', 'releasedAt', 'durationMs'],
        ...['id', 'signedUpAt', 'region'],
      ].sort(),
    );
  });

  it('stays shut before its time: the sound of a track that is not out is refused', () => {
    const catalogue = new OpenCatalogue(world.catalogue);
    catalogue.admit(1, 3);
    expect(catalogue.waveform(2)).toHaveLength(49_152);
    expect(() => catalogue.waveform(3)).toThrow(/not out/);
    expect(() => catalogue.annotation(3)).toThrow(/not out/);
  });
});
