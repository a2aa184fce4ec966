/**
 * The step of a listener's draw: (day, session, position) in 32 bits. Days from −32,768, 64 sessions a day, 1,024 positions
 * a session; two occasions never share a step.
 */
export const stepOf = (day: number, session = 0, position = 0): number =>
  (((day + 32_768) * 64 + session) * 1024 + position) >>> 0;

export const maxSessionsPerDay = 10;

/** Random words that an occasion owns, and the first of those that position `position` of session `session` has on a day. */
export const wordsPerPosition = 8;
export const wordOf = (session: number, position: number): number => ((session << 10) | position) * wordsPerPosition;
