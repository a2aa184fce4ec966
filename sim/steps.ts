/**
 * The step of a listener's draw: (day, session, position) in 32 bits. Days from −32,768, 64 sessions a day, 1,024 positions
 * a session; two occasions never share a step.
 */
export const stepOf = (day: number, session = 0, position = 0): number =>
  (((day + 32_768) * 64 + session) * 1024 + position) >>> 0;

/** A day in the place of the actor, where it is the day itself that draws: whole numbers from 0 on for days from −2²⁰. */
export const actorOf = (day: number): number => day + 2 ** 20;

export const maxSessionsPerDay = 10;

/** Random words that an occasion owns, and the first of those that position `position` of session `session` has on a day. */
export const wordsPerPosition = 8;
export const wordOf = (session: number, position: number): number => ((session << 10) | position) * wordsPerPosition;
