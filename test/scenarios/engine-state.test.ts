import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { loadEncoder } from '../../engine/audio/encoder.ts';
import { connectCache } from '../../engine/cache/connect.ts';
import { createSlateStore } from '../../engine/cache/slate-store.ts';
import type { EventColumns } from '../../engine/core/events.ts';
import { Memo } from '../../engine/core/memo.ts';
import { createStreams } from '../../engine/core/random.ts';
import { startOfDay } from '../../engine/core/time.ts';
import { createEngine, type Engine, type EngineParts, type EngineState } from '../../engine/index.ts';
import { engineOptionsSchema } from '../../engine/options.ts';
import { OpenCatalogue } from '../../scenarios/open-catalogue.ts';
import { createCrowd } from '../../sim/crowd.ts';
import { worldOptionsSchema } from '../../sim/options.ts';
import { createWorld } from '../../sim/world.ts';
import { simulateDay } from '../sim/support.ts';

const nights = 3;
const world = createWorld(
  worldOptionsSchema.parse({ tracks: 60, releasesPerDay: 4, signupsPerDay: 2, cohorts: { all: { listeners: 40 } } }),
  { seed: 'state', family: 'latent', historyDays: 4, days: nights },
);
const crowd = createCrowd(world);
const log = Array.from(
  { length: 4 + nights },
  (_, i) => simulateDay(world, crowd, i - 4, 'organic').next().value as EventColumns,
);
/** The encoder is trained on nights 0 and 2, and carried along on night 1. */
const options = engineOptionsSchema.parse({
  als: { factors: 8, firstSweeps: 2 },
  encoder: { epochs: 1, tracksPerEpoch: 16, minFans: 1, retrainDays: 2 },
});

interface Lived {
  readonly digests: ReturnType<Engine['digests']>;
  /** On the eve of each night. */
  readonly states: readonly EngineState[];
}

/** The nights from `first` on of an engine that goes on from `state`. */
async function liveOn(first: number, state?: EngineState, encoder?: EngineParts['encoder']): Promise<Lived> {
  const client = await connectCache();
  const catalogue = new OpenCatalogue(world.catalogue);
  const memo = new Memo(() => 0);
  const parts: EngineParts = {
    catalogue,
    store: createSlateStore(client, { namespace: 'state' }),
    streams: createStreams('engine'),
    memo,
    encoder,
    kernel: chooseKernel(),
    clock: () => 0,
    progress: () => {},
  };
  const engine = createEngine(options, parts, state);
  const observe = (day: number): void => {
    const events = log[day + 4]!;
    catalogue.admitFrom(events);
    engine.observe(events);
  };
  for (let day = -4; day < first; day++) observe(day);
  const states: EngineState[] = [];
  for (let day = first; day < nights; day++) {
    // Through a file, as it were.
    states.push(deserialize(serialize(engine.state())));
    catalogue.admit(world.listenerCountAt(startOfDay(day)), world.trackCountAt(startOfDay(day)));
    await engine.refresh(startOfDay(day));
    observe(day);
  }
  const digests = engine.digests();
  await memo.close();
  await client.close();
  return { digests, states };
}

describe('the state of an engine', () => {
  it('is all that another needs beside the log: on whichever night it goes on, its end is the same', async () => {
    const whole = await liveOn(0);
    for (let night = 1; night < nights; night++) {
      const rest = await liveOn(night, whole.states[night]);
      expect(rest.digests, `from night ${night}`).toEqual(whole.digests);
      // It can be asked for before the first refresh, too.
      expect(serialize(rest.states[0]).equals(serialize(whole.states[night]))).toBe(true);
    }
    expect((await liveOn(2)).digests, 'without the state').not.toEqual(whole.digests);
  });

  it('knows what an encoder that was given has heard', async () => {
    const { states } = await liveOn(0);
    const encoder = await loadEncoder(states[1]!.sound!.encoder);
    const given = await liveOn(0, undefined, encoder);
    expect((await liveOn(2, given.states[2], encoder)).digests).toEqual(given.digests);
    await encoder.close();
  });
});
