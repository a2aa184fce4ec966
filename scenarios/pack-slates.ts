import type { ServedSlate } from '../engine/served-slate.ts';
import type { Slates } from '../sim/slate.ts';

/** What the engine serves to a batch of listeners, as the world's listeners look at it. */
export function packSlates(served: readonly ServedSlate[]): Slates {
  const length = Uint16Array.from(served, ({ tracks }) => tracks.length);
  const start = new Uint32Array(served.length);
  for (let i = 1; i < served.length; i++) start[i] = start[i - 1]! + length[i - 1]!;
  const total = served.reduce((sum, { tracks }) => sum + tracks.length, 0);
  const tracks = new Uint32Array(total);
  const hasPropensity = served.some(({ propensity }) => propensity !== undefined);
  const propensity = hasPropensity ? new Float32Array(total).fill(1) : undefined;
  served.forEach((slate, i) => {
    tracks.set(slate.tracks, start[i]!);
    if (slate.propensity !== undefined) propensity?.set(slate.propensity, start[i]!);
  });
  const generation = Int32Array.from(served, (slate) => slate.generation);
  const isFresh = served.some((slate) => slate.isFresh)
    ? Uint8Array.from(served, (slate) => (slate.isFresh ? 1 : 0))
    : undefined;
  return { tracks, start, length, generation, ...(propensity && { propensity }), ...(isFresh && { isFresh }) };
}
