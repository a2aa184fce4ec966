import { digestOf } from '../../engine/core/digest.ts';
import { columnNames, EventBuffer, type EventColumns, type Event as Row } from '../../engine/core/events.ts';
import type { ServedSlate } from '../../engine/served-slate.ts';
import { packSlates } from '../../scenarios/pack-slates.ts';
import { closeCharts } from '../../sim/charts.ts';
import { type Crowd, createCrowd } from '../../sim/crowd.ts';
import { blocksOn, type SlateRequests, simulateBlock } from '../../sim/day.ts';
import { momentOn } from '../../sim/moment.ts';
import { type FamilyName, type WorldOptionsInput, worldOptionsSchema } from '../../sim/options.ts';
import type { Slates } from '../../sim/slate.ts';
import type { Mode, Today } from '../../sim/today.ts';
import { createWorld, type World } from '../../sim/world.ts';

export type { Row };

/** A world small enough for a unit test: 200 listeners, 300 tracks, three weeks of past. */
export function smallWorld(
  options: WorldOptionsInput = {},
  span: { seed?: string; family?: FamilyName; historyDays?: number; days?: number } = {},
): World {
  const parsed = worldOptionsSchema.parse({
    tracks: 300,
    releasesPerDay: 6,
    signupsPerDay: 4,
    cohorts: { regulars: { listeners: 150 }, explorers: { listeners: 50, explore: 0.5 } },
    ...options,
  });
  return createWorld(parsed, { seed: '1/0', family: 'latent', historyDays: 21, days: 4, ...span });
}

export interface Asked extends SlateRequests {
  /** Everything logged since the last request. */
  readonly events: EventColumns;
}

/** A day step by step, block after block: yields what is asked with what was logged before, returns what was logged after. */
export function* simulateDay(
  world: World,
  crowd: Crowd,
  day: number,
  mode: Mode,
): Generator<Asked, EventColumns, Slates> {
  const { columns, library, charts } = crowd.state;
  const log = new EventBuffer();
  const attention = world.attentionOn(day, charts.played);
  const moment = momentOn(attention);
  const truth = world.truth.on(day);
  const today: Today = { stage: world, truth, columns, library, charts, attention, moment, day, mode, log };
  for (const block of blocksOn(world, day)) {
    const steps = simulateBlock(today, block);
    let step = steps.next();
    while (!step.done) step = steps.next(yield { ...step.value, events: log.rest() });
  }
  closeCharts(charts, world.options.regions);
  crowd.count(log.view());
  return log.rest();
}

/** What a service answers to one request of a batch. */
export type Answer = (listener: number, index: number, request: Asked) => ServedSlate;

export const nothing: Answer = () => ({ tracks: new Uint32Array(0), generation: 0 });

/** Run one day to its end; the parts of its log, in order. */
export function runDay(world: World, crowd: Crowd, day: number, answer?: Answer): EventColumns[] {
  const parts: EventColumns[] = [];
  const running = simulateDay(world, crowd, day, answer ? 'served' : 'organic');
  let next = running.next();
  while (!next.done) {
    const request = next.value;
    parts.push(request.events);
    next = running.next(packSlates(Array.from(request.listeners, (l, i) => (answer ?? nothing)(l, i, request))));
  }
  return [...parts, next.value];
}

/** A crowd at the end of the past, and the past's log. */
export function livePast(world: World): { crowd: Crowd; log: EventColumns } {
  const crowd = createCrowd(world);
  const parts = [];
  for (let day = -world.historyDays; day < 0; day++) parts.push(...runDay(world, crowd, day));
  return { crowd, log: joined(parts) };
}

export function joined(parts: readonly EventColumns[]): EventColumns {
  const buffer = new EventBuffer();
  parts.forEach((part) => {
    buffer.append(part);
  });
  return buffer.slice();
}

export const digestOfEvents = (events: EventColumns): string => digestOf(...columnNames.map((name) => events[name]));

/** Rows of a log as objects, for tests that read better so. */
export function* rowsOf(events: EventColumns): Generator<Row> {
  for (let i = 0; i < events.length; i++) {
    yield {
      user: events.user[i]!,
      track: events.track[i]!,
      time: events.time[i]!,
      kind: events.kind[i]!,
      playedMs: events.playedMs[i]!,
      source: events.source[i]!,
      position: events.position[i]!,
      generation: events.generation[i]!,
      propensity: events.propensity[i]!,
    };
  }
}
