import { dayOf, type SimTime, secondsPerDay, startOfDay } from '../engine/core/time.ts';
import type { Attention } from './attention.ts';

/** What a listener is in the middle of when a track comes up; overwritten as time goes on. */
export interface Moment {
  /** Quarter of the day: 0 from midnight, 1 from six, 2 from noon, 3 from six in the evening. */
  daypart: number;
  /** Scene of the last track of this session, and how many in a row were of it. */
  scene: number;
  run: number;
  /** Tracks from this one on are new, as the day's {@link Attention} has it. */
  newFrom: number;
}

export const dayparts = 4;

export const daypartOf = (time: SimTime): number =>
  Math.floor(((time - startOfDay(dayOf(time))) * dayparts) / secondsPerDay);

/** A session begins with nothing heard. */
export const freshMoment = (): Moment => ({ daypart: 0, scene: -1, run: 0, newFrom: 0xffff_ffff });

/** The same on a day of which it is known what is new. */
export const momentOn = ({ newFrom }: Pick<Attention, 'newFrom'>): Moment => ({ ...freshMoment(), newFrom });

/** What has just been heard becomes part of the moment. */
export function passOn(moment: Moment, scene: number): void {
  moment.run = scene === moment.scene ? moment.run + 1 : 1;
  moment.scene = scene;
}
