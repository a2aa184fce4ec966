import {
  type EventBuffer,
  type EventKind,
  kindCode,
  noGeneration,
  noPosition,
  noTrack,
} from '../engine/core/events.ts';
import type { SimTime } from '../engine/core/time.ts';
import type { ListenerEvent } from './actors/listener.ts';
import { listenerTable } from './actors/listener.ts';
import type { Attention } from './attention.ts';
import type { CrowdState } from './crowd.ts';
import type { World } from './world.ts';

/** The past runs `organic`, without slates; the run itself `served`. */
export type Mode = 'organic' | 'served';

/** What everybody shares on one day. */
export interface Today {
  readonly world: World;
  readonly state: CrowdState;
  readonly attention: Attention;
  readonly day: number;
  readonly mode: Mode;
  readonly log: EventBuffer;
}

/** What a row of the log says beyond listener, kind and time; the rest is empty. */
interface Details {
  readonly track?: number;
  readonly playedMs?: number;
  readonly source: number;
  readonly position?: number;
  readonly generation?: number;
  readonly propensity?: number;
}

/** Log one event, and count it. */
export function record(today: Today, kind: EventKind, listener: number, time: SimTime, details: Details): void {
  const code = kindCode[kind];
  today.state.logged[code]! += 1;
  today.log.push({
    user: listener,
    track: details.track ?? noTrack,
    time,
    kind: code,
    playedMs: details.playedMs ?? 0,
    source: details.source,
    position: details.position ?? noPosition,
    generation: details.generation ?? noGeneration,
    propensity: details.propensity ?? 1,
  });
}

/** Deliver an event to a listener's chart. */
export function tell(today: Today, listener: number, event: ListenerEvent['type']): void {
  listenerTable.step(today.state.columns, listener, listenerTable.events[event]);
}
