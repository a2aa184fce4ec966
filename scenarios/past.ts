import { setImmediate } from 'node:timers/promises';
import type { Progress } from '../engine/core/progress.ts';
import type { Crew, Service } from '../sim/crew.ts';
import { type Crowd, createCrowd } from '../sim/crowd.ts';
import { recordEvents } from '../sim/log.ts';
import type { World } from '../sim/world.ts';

/** The organic days before day 0, identical in all arms. */
export interface Past {
  /** Everybody as day 0 begins. */
  readonly crowd: Crowd;
  /** Where the log of a day is. */
  fileOf(day: number): string;
}

/** Lives the past of a world; its log goes to files. */
export async function livePast(
  world: World,
  crew: Crew,
  fileOf: (day: number) => string,
  progress: Progress,
): Promise<Past> {
  const crowd = createCrowd(world);
  for (let day = -world.historyDays; day < 0; day++) {
    await letSignalsIn();
    progress('living the past, days', world.historyDays + day + 1, world.historyDays);
    await recordEvents(fileOf(day), (log) => crew.live(crowd, day, 'organic', { ...nobodyServes, log }));
  }
  return { crowd, fileOf };
}

/** Of an organic day, on which nobody looks at a list. */
export const nobodyServes: Omit<Service, 'log'> = {
  observe() {},
  serve() {
    throw new Error('an organic day asked for slates');
  },
};

/** Work here is long and synchronous: without a pause now and then Ctrl-C would wait for its end. */
export const letSignalsIn = (): Promise<unknown> => setImmediate();
