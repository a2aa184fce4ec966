import { EventBuffer, type EventColumns } from '../engine/core/events.ts';
import { SideThread } from '../engine/core/side-thread.ts';
import { closeCharts } from './charts.ts';
import { columnOf } from './columns.ts';
import type { Crowd } from './crowd.ts';
import { type Block, blocksOn, type SlateRequests, simulateBlock } from './day.ts';
import type { Slates } from './slate.ts';
import { openStage, type StageData } from './stage.ts';
import type { Mode, Today } from './today.ts';
import type { World } from './world.ts';

/**
 * What listeners live with. Stretches of the log and requests of one block of listeners come in the order of its day, with those
 * of other blocks in between: what is answered may depend on those who ask and on their own events only.
 */
export interface Service {
  /** Takes note of events as they are logged. */
  observe(events: EventColumns): void;
  /** One list for each of the listeners, in order; on `served` days. */
  serve(listeners: Uint32Array, times: Int32Array): Promise<Slates> | Slates;
}

/** Those who simulate a world's listeners: this thread alone, or others. The log is the same, byte for byte. */
export interface Crew {
  /**
   * Simulate one day of a crowd.
   * @returns the day's log: stretches by block, in order.
   */
  live(crowd: Crowd, day: number, mode: Mode, service: Service): Promise<EventColumns[]>;
  close(): Promise<void>;
}

/** Blocks that a thread works on in turn, so that it has something to do while one waits for its slates. */
const blocksInTurn = 3;

/** @param threads 1 simulates on this thread. More threads than there are blocks of listeners would have nothing to do. */
export function openCrew(world: World, threads: number): Crew {
  const helpers = Math.min(threads, blocksOn(world, world.days - 1).length);
  return helpers <= 1 ? alone(world) : together(world, helpers);
}

function alone(world: World): Crew {
  return {
    async live(crowd, day, mode, service) {
      const { columns, library, charts } = crowd.state;
      const log = new EventBuffer();
      const attention = world.attentionOn(day);
      const today: Today = { stage: world, columns, library, charts, attention, day, mode, log };
      const parts: EventColumns[] = [];
      for (const block of blocksOn(world, day)) {
        const living = simulateBlock(today, block);
        let step = living.next();
        while (!step.done) {
          const { listeners, times, events } = step.value;
          service.observe(events);
          parts.push(events);
          step = living.next(await service.serve(listeners, times));
        }
        const rest = log.rest();
        service.observe(rest);
        parts.push(rest);
        log.clear();
      }
      return endDay(world, crowd, parts);
    },
    close: async () => {},
  };
}

/** The charts of tomorrow, and the books. */
function endDay(world: World, crowd: Crowd, parts: EventColumns[]): EventColumns[] {
  closeCharts(crowd.state.charts, world.options.regions);
  for (const part of parts) crowd.count(part);
  return parts;
}

/** What a helper is told, one after the other. */
type Question =
  | { readonly begin: Omit<Today, 'stage' | 'log'> }
  | { readonly block: Block }
  | { readonly block: Block; readonly slates: Slates };

/** A block's requests, or that it is done; and what it logged since. */
interface Progressed {
  readonly requests?: Omit<SlateRequests, 'events'>;
  readonly events: EventColumns;
}

function together(world: World, helpers: number): Crew {
  const threads = Array.from(
    { length: helpers },
    () => new SideThread<Question, Progressed | undefined>(new URL(import.meta.url), world.data),
  );
  // Every helper counts plays for itself, until the night.
  const counts = threads.map(() => columnOf('uint32', world.options.regions * world.releases.artist.length));
  return {
    async live(crowd, day, mode, service) {
      const { columns, library, charts } = crowd.state;
      const attention = world.attentionOn(day);
      const blocks = blocksOn(world, day);
      const logs: EventColumns[][] = blocks.map(() => []);
      let claimed = 0;
      const work = async (thread: SideThread<Question, Progressed | undefined>): Promise<void> => {
        for (let b = claimed++; b < blocks.length; b = claimed++) {
          const block = blocks[b]!;
          let question: Question = { block };
          for (;;) {
            const progressed: Progressed | undefined = await thread.ask(question);
            if (!progressed) throw new Error('a block gave no answer');
            const { requests, events } = progressed;
            service.observe(events);
            logs[b]!.push(events);
            if (!requests) break;
            question = { block, slates: await service.serve(requests.listeners, requests.times) };
          }
        }
      };
      await Promise.all(
        threads.flatMap((thread, t) => {
          const begun = thread.ask({
            begin: { columns, library, charts: { ...charts, playsToday: counts[t]! }, attention, day, mode },
          });
          return Array.from({ length: blocksInTurn }, () => begun.then(() => work(thread)));
        }),
      );
      for (const count of counts) addTo(charts.playsToday, count);
      return endDay(world, crowd, logs.flat());
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

function addTo(sums: Uint32Array, counts: Uint32Array): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += counts[i]!;
  counts.fill(0);
}

/** Runs on the other thread. */
export function respond(data: StageData): (question: Question) => Progressed | undefined {
  const stage = openStage(data);
  const living = new Map<number, { readonly log: EventBuffer; readonly steps: ReturnType<typeof simulateBlock> }>();
  const spare: EventBuffer[] = [];
  let day: Omit<Today, 'stage' | 'log'> | undefined;
  return (question) => {
    if ('begin' in question) {
      day = question.begin;
      return undefined;
    }
    if (!day) throw new Error('no day has begun');
    const { from } = question.block;
    let block = living.get(from);
    if (!block) {
      const log = spare.pop() ?? new EventBuffer();
      block = { log, steps: simulateBlock({ ...day, stage, log }, question.block) };
      living.set(from, block);
    }
    const { log, steps } = block;
    const step = 'slates' in question ? steps.next(question.slates) : steps.next();
    if (!step.done) {
      const { events, ...requests } = step.value;
      return { requests, events };
    }
    const events = log.rest();
    living.delete(from);
    log.clear();
    spare.push(log);
    return { events };
  };
}
