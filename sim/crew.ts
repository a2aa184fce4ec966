import { EventBuffer, type EventColumns } from '../engine/core/events.ts';
import { SideThread } from '../engine/core/side-thread.ts';
import { closeCharts } from './charts.ts';
import { columnOf } from './columns.ts';
import type { Crowd } from './crowd.ts';
import { type Block, blocksOn, type SlateRequests, simulateBlock } from './day.ts';
import { momentOn } from './moment.ts';
import { hasNight, type PartOfDay, wholeDay } from './part-of-day.ts';
import type { Slates } from './slate.ts';
import { openStage, type StageData } from './stage.ts';
import type { Mode, Today } from './today.ts';
import type { World } from './world.ts';

/**
 * What listeners live with. Stretches of the log and requests of one block of listeners come in the order of its day, with those
 * of other blocks in between: what is answered may depend on those who ask and on their own events only. Events are valid until the
 * call returns: their memory is written to again.
 */
export interface Service {
  /** Takes note of events as they are logged. */
  observe(events: EventColumns): void;
  /** One list for each of the listeners, in order; on `served` days. */
  serve(listeners: Uint32Array, times: Int32Array): Promise<Slates> | Slates;
  /** Takes the day's log in its order: that of the first block, of the second, …, each in stretches. */
  log(events: EventColumns): void;
}

/** Those who simulate a world's listeners: this thread alone, or others. The log is the same, byte for byte. */
export interface Crew {
  /**
   * Simulate one day of a crowd, or a part of it: the parts of a day come one after the other, and the last closes the charts.
   * @param known lists that listeners have at hand: with them, nobody asks the service.
   */
  live(crowd: Crowd, day: number, mode: Mode, service: Service, known?: KnownSlates, part?: PartOfDay): Promise<void>;
  close(): Promise<void>;
}

/** Lists of the same length for everybody, in shared memory: those of listener l are tracks[l · slots … (l + 1) · slots). */
export interface KnownSlates {
  readonly tracks: Uint32Array;
  readonly slots: number;
  readonly generation: number;
}

/** Blocks that a thread works on in turn, each on a lane, so that it has something to do while one waits for its slates. */
const lanesPerThread = 3;

/** @param threads 1 simulates on this thread. More threads than there are blocks of listeners would have nothing to do. */
export function openCrew(world: World, threads: number): Crew {
  const helpers = Math.min(threads, blocksOn(world, world.days - 1).length);
  return helpers <= 1 ? alone(world) : together(world, helpers);
}

function alone(world: World): Crew {
  return {
    async live(crowd, day, mode, service, known, part = wholeDay) {
      const { columns, library, charts } = crowd.state;
      const log = new EventBuffer();
      const attention = world.attentionOn(day, charts.played);
      const moment = momentOn(attention);
      const truth = world.truth.on(day);
      const today: Today = { stage: world, truth, columns, library, charts, attention, moment, day, mode, log };
      for (const block of blocksOn(world, day)) {
        const take = (events: EventColumns): void => {
          service.observe(events);
          crowd.count(events);
          service.log(events);
        };
        const steps = simulateBlock(today, block, part);
        let step = proceed(steps, known);
        while (!step.done) {
          const { listeners, times } = step.value;
          take(log.rest());
          step = proceed(steps, known, await service.serve(listeners, times));
        }
        take(log.rest());
        log.clear();
      }
      if (hasNight(part)) closeCharts(charts, world.options.regions);
    },
    close: async () => {},
  };
}

/** The next step of a block's day; where the lists are known, its end. */
function proceed(steps: BlockSteps, known: KnownSlates | undefined, slates?: Slates): ReturnType<BlockSteps['next']> {
  let step = slates ? steps.next(slates) : steps.next();
  while (known && !step.done) step = steps.next(listsOf(known, step.value.listeners));
  return step;
}

type BlockSteps = ReturnType<typeof simulateBlock>;

const listsOf = ({ tracks, slots, generation }: KnownSlates, listeners: Uint32Array): Slates => ({
  tracks,
  start: listeners.map((listener) => listener * slots),
  length: new Uint16Array(listeners.length).fill(slots),
  generation: new Int32Array(listeners.length).fill(generation),
});

/** What a helper knows of a day. */
type Begun = Omit<Today, 'stage' | 'truth' | 'log' | 'moment'> & {
  readonly known: KnownSlates | undefined;
  readonly part: PartOfDay;
};

/** What a helper is told, one after the other: what day it is; then on each lane a block to begin, and the slates that it asked for. */
type Question =
  | { readonly begin: Begun }
  | { readonly lane: number; readonly block: Block }
  | { readonly lane: number; readonly slates: Slates };

/** A block's requests, or that it is done; and what it logged since, in shared memory: valid until its lane is told more. */
interface Progressed {
  readonly requests?: SlateRequests;
  readonly events: EventColumns;
}

type Helper = SideThread<Question, Progressed | undefined>;

function together(world: World, helpers: number): Crew {
  const threads = Array.from({ length: helpers }, (): Helper => new SideThread(new URL(import.meta.url), world.data));
  // Every helper counts plays for itself, until the night.
  const counts = threads.map(() => columnOf('uint32', world.options.regions * world.releases.artist.length));
  const spare: EventBuffer[] = [];
  return {
    async live(crowd, day, mode, service, known, part = wholeDay) {
      const { columns, library, charts } = crowd.state;
      const attention = world.attentionOn(day, charts.played);
      const blocks = blocksOn(world, day);
      const turns = inTurn(blocks.length, service.log, spare);
      let claimed = 0;
      const work = async (thread: Helper, lane: number): Promise<void> => {
        for (let b = claimed++; b < blocks.length; b = claimed++) {
          let question: Question = { lane, block: blocks[b]! };
          for (;;) {
            const progressed: Progressed | undefined = await thread.ask(question);
            if (!progressed) throw new Error('a block gave no answer');
            const { requests, events } = progressed;
            service.observe(events);
            crowd.count(events);
            turns.log(b, events);
            if (!requests) break;
            question = { lane, slates: await service.serve(requests.listeners, requests.times) };
          }
          turns.end(b);
        }
      };
      await Promise.all(
        threads.flatMap((thread, t) => {
          const begun = thread.ask({
            begin: {
              columns,
              library,
              charts: { ...charts, playsToday: counts[t]! },
              attention,
              day,
              mode,
              known,
              part,
            },
          });
          return Array.from({ length: lanesPerThread }, (_, lane) => begun.then(() => work(thread, lane)));
        }),
      );
      for (const count of counts) addTo(charts.playsToday, count);
      if (hasNight(part)) closeCharts(charts, world.options.regions);
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/**
 * Passes on what blocks log, block after block: at once where all before have ended, and else a copy, as soon as they have.
 * @param spare memory for copies, from one day to the next.
 */
function inTurn(blocks: number, log: Service['log'], spare: EventBuffer[]) {
  const waiting = new Map<number, EventBuffer>();
  const hasEnded = new Uint8Array(blocks);
  let first = 0;
  const copyOf = (block: number): EventBuffer => {
    const copy = waiting.get(block) ?? spare.pop() ?? new EventBuffer();
    waiting.set(block, copy);
    return copy;
  };
  return {
    log(block: number, events: EventColumns): void {
      if (block === first) log(events);
      else copyOf(block).append(events);
    },
    end(block: number): void {
      hasEnded[block] = 1;
      while (hasEnded[first] === 1) {
        const next = waiting.get(++first);
        if (!next) continue;
        log(next.view());
        next.clear();
        waiting.delete(first);
        spare.push(next);
      }
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
  const logs = Array.from({ length: lanesPerThread }, () => new EventBuffer(SharedArrayBuffer));
  const lanes: (BlockSteps | undefined)[] = [];
  let day: (Begun & Pick<Today, 'truth'>) | undefined;
  const begin = (block: Block, log: EventBuffer): BlockSteps => {
    if (!day) throw new Error('no day has begun');
    log.clear();
    const { columns, library, charts, attention, mode, truth } = day;
    const moment = momentOn(attention);
    const today: Today = { stage, truth, columns, library, charts, attention, moment, day: day.day, mode, log };
    return simulateBlock(today, block, day.part);
  };
  return (question) => {
    if ('begin' in question) {
      day = { ...question.begin, truth: stage.truth.on(question.begin.day) };
      return undefined;
    }
    const { lane } = question;
    const log = logs[lane]!;
    if ('block' in question) lanes[lane] = begin(question.block, log);
    const step = proceed(lanes[lane]!, day?.known, 'slates' in question ? question.slates : undefined);
    return step.done ? { events: log.rest() } : { requests: step.value, events: log.rest() };
  };
}
