import { type KeyedStreams, wordAt } from '../engine/core/random.ts';
import { bell } from './exact.ts';

/** About normal, 205 ± 50 s, at least 75 s: whole seconds. */
const meanSeconds = 205;
const deviationSeconds = 50;
const leastSeconds = 75;
const lengths = 4096;

/** How long tracks are, in seconds: computed from a track's number, so that nothing has to be kept or looked up. */
export function trackLengths(streams: KeyedStreams): (track: number) => number {
  const [key0, key1] = streams.keyOf('duration');
  const draw = streams('durations', 0);
  const seconds = Uint16Array.from({ length: lengths }, () =>
    Math.round(Math.max(leastSeconds, meanSeconds + deviationSeconds * bell(draw))),
  );
  return (track) => seconds[wordAt(key0, key1, track) >>> 20]!;
}
