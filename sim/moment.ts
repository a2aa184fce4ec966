/** What a listener is in the middle of when a track comes up; overwritten as time goes on. */
export interface Moment {
  /** Quarter of the day: 0 from midnight, 1 from six, 2 from noon, 3 from six in the evening. */
  daypart: number;
  /** Scene of the last track of this session, and how many in a row were of it. */
  scene: number;
  run: number;
  /** Tracks from this one on are new: out for ten days at most. */
  newFrom: number;
}

export const dayparts = 4;

/** A session begins with nothing heard. */
export const freshMoment = (): Moment => ({ daypart: 0, scene: -1, run: 0, newFrom: 0xffff_ffff });
