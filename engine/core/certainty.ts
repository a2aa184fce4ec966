/** Fans that make a factor half certain. */
const halfFans = 10;

/** How far the factor of a track is to be trusted that was made from the plays of n listeners, 0–1: n / (n + 10). */
export const certaintyOf = (fans: number): number => fans / (fans + halfFans);
