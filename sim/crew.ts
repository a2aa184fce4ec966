import { columnNames, EventBuffer, type EventColumns } from '../engine/core/events.ts';
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
 * of other blocks in between: what is answered may depend on those who ask and on their own events only.
 */
export interface Service {
  /** Takes note of events as they are logged. */
  observe(events: EventColumns): void;
  /** One list for each of the listeners, in order; on `served` days. */
  serve(listeners: Uint32Array, times: Int32Array): Promise<Slates> | Slates;
  /** Takes the day's log in its order: the stretches of the first block, of the second, … */
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

/** Blocks that a thread works on in turn, so that it has something to do while one waits for its slates. */
const blocksInTurn = 3;

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

/** What a helper is told, one after the other. */
type Question =
  | { readonly begin: Begun }
  | { readonly block: Block }
  | { readonly block: Block; readonly slates: Slates };

/** A block's requests, or that it is done; and what it logged since. */
interface Progressed {
  readonly requests?: SlateRequests;
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
    async live(crowd, day, mode, service, known, part = wholeDay) {
      const { columns, library, charts } = crowd.state;
      const attention = world.attentionOn(day, charts.played);
      const blocks = blocksOn(world, day);
      const turns = inTurn(blocks.length, service.log);
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
            crowd.count(events);
            turns.log(b, events);
            if (!requests) break;
            question = { block, slates: await service.serve(requests.listeners, requests.times) };
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
          return Array.from({ length: blocksInTurn }, () => begun.then(() => work(thread)));
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

/** Passes on what blocks log, block after block, as soon as all before have ended. */
function inTurn(blocks: number, log: Service['log']) {
  const waiting: EventColumns[][] = Array.from({ length: blocks }, () => []);
  const hasEnded = new Uint8Array(blocks);
  let first = 0;
  const passOn = (): void => {
    for (const events of waiting[first]?.splice(0) ?? []) log(events);
  };
  return {
    log(block: number, events: EventColumns): void {
      waiting[block]!.push(events);
      if (block === first) passOn();
    },
    end(block: number): void {
      hasEnded[block] = 1;
      for (; hasEnded[first] === 1; first++) passOn();
      passOn();
    },
  };
}

function addTo(sums: Uint32Array, counts: Uint32Array): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += counts[i]!;
  counts.fill(0);
}

/** An answer's log is moved, not copied. */
export const handedOver = (progressed: Progressed | undefined): ArrayBuffer[] =>
  progressed ? columnNames.map((name) => progressed.events[name].buffer as ArrayBuffer) : [];

/** Runs on the other thread. */
export function respond(data: StageData): (question: Question) => Progressed | undefined {
  const stage = openStage(data);
  const living = new Map<number, { readonly log: EventBuffer; readonly steps: ReturnType<typeof simulateBlock> }>();
  const spare: EventBuffer[] = [];
  let day: (Begun & Pick<Today, 'truth'>) | undefined;
  return (question) => {
    if ('begin' in question) {
      day = { ...question.begin, truth: stage.truth.on(question.begin.day) };
      return undefined;
    }
    if (!day) throw new Error('no day has begun');
    const { from } = question.block;
    let block = living.get(from);
    if (!block) {
      const log = spare.pop() ?? new EventBuffer();
      const moment = momentOn(day.attention);
      const { columns, library, charts, attention, mode, truth } = day;
      const today: Today = { stage, truth, columns, library, charts, attention, moment, day: day.day, mode, log };
      block = { log, steps: simulateBlock(today, question.block, day.part) };
      living.set(from, block);
    }
    const { log, steps } = block;
    const step = proceed(steps, day.known, 'slates' in question ? question.slates : undefined);
    if (!step.done) return { requests: step.value, events: log.rest() };
    const events = log.rest();
    living.delete(from);
    log.clear();
    spare.push(log);
    return { events };
  };
}
