import { type EventBuffer, noGeneration, noPosition, noTrack } from '../engine/core/events.ts';
import type { SimTime } from '../engine/core/time.ts';
import type { Surroundings } from './choice.ts';
import type { CrowdColumns } from './crowd.ts';

/** The past runs `organic`, without slates; the run itself `served`. */
export type Mode = 'organic' | 'served';

/** What everybody shares on one day. */
export interface Today extends Surroundings {
  readonly columns: CrowdColumns;
  readonly day: number;
  readonly mode: Mode;
  readonly log: EventBuffer;
}

/** Log an event that no slate had a part in. */
export function record(
  { log }: Today,
  kind: number,
  listener: number,
  time: SimTime,
  source: number,
  track = noTrack,
): void {
  log.add(listener, track, time, kind, 0, source, noPosition, noGeneration, 1);
}
