import { type Matrix, rowOf, zeros } from '../../engine/core/matrix.ts';
import type { World } from '../../sim/world.ts';

/** So many opinions tell all that taste makes of a sound. */
const askers = 64;

/**
 * The true acoustic embedding of every track of a world [tracks × askers]: what listeners, spread evenly, make of how it sounds on
 * day 0; how it sounds stays, whatever becomes of their taste. All that an ear which never errs could tell of taste, in a form that suits every family.
 */
export function trueSound(world: Pick<World, 'truth' | 'catalogue' | 'listenerCountAt'>): Matrix {
  const listeners = world.listenerCountAt(0);
  const cols = Math.min(askers, listeners);
  const truth = world.truth.on(0);
  const vectors = zeros(world.catalogue.tracks.length, cols);
  for (let track = 0; track < vectors.rows; track++) {
    const row = rowOf(vectors, track);
    for (let i = 0; i < cols; i++) row[i] = truth.soundMatch(Math.floor((i * listeners) / cols), track);
  }
  return vectors;
}
