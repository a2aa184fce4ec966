import type { Draw } from '../../engine/core/random.ts';

/**
 * White noise, uniform in [-1, 1): xorshift32, seeded by one draw. A track needs 100,000 samples of noise, ten times
 * what the keyed generator gives in the same time; nothing but sound is made from it.
 * @see Marsaglia (2003), Xorshift RNGs.
 */
export function createNoise(draw: Draw): () => number {
  let state = Math.floor(draw() * 2 ** 32) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}
