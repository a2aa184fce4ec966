import { DubplateError, messageOf } from '../../engine/core/errors.ts';
import { readColumns, type Values } from '../../sim/log.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { checkFiles, type FinishedRun } from '../finished-run.ts';
import { parseScenario, type Scenario } from '../schema.ts';
import { version } from '../version.ts';
import { worldsOf } from '../worlds.ts';

/**
 * Makes the world of a run anew, from the resolved scenario and the seed in its manifest, and holds it against what the run wrote
 * of it.
 *
 * @throws DubplateError INVALID_INPUT when this version does not understand the scenario or makes another world of it;
 *   FILE_NOT_FOUND when the run's tables are gone.
 */
export function remakeWorld(run: FinishedRun, arm: string, name: string): World {
  const scenario = scenarioOf(run);
  const worlds = worldsOf(scenario);
  const found = worlds.find((world) => world.name === name);
  if (found === undefined) {
    throw ofAnotherVersion(run, `world '${name}' is none of the ${worlds.length} that its scenario makes`);
  }
  const world = createWorld(found.options, {
    seed: found.seed,
    family: found.family,
    historyDays: scenario.history,
    days: scenario.days,
  });
  checkIsSame(run, arm, name, world);
  return world;
}

/**
 * The resolved scenario of a run.
 * @throws DubplateError INVALID_INPUT when this version does not understand it.
 */
export function scenarioOf(run: FinishedRun): Scenario {
  try {
    return parseScenario(run.scenario, `The scenario in the manifest of ${run.path}`);
  } catch (cause) {
    throw ofAnotherVersion(run, messageOf(cause), cause);
  }
}

/** A few columns that everything else hangs on. */
function checkIsSame(run: FinishedRun, arm: string, name: string, world: World): void {
  const { arrivals, releases, people, sounds } = world;
  const columns: [file: readonly string[], column: string, remade: Values][] = [
    [['listeners.arrow'], 'signedUpAt', arrivals.signedUpAt],
    [['listeners.arrow'], 'region', arrivals.region],
    [['tracks.arrow'], 'releasedAt', releases.releasedAt],
    [['truth', 'listeners.arrow'], 'patience', people.patience],
    [['truth', 'tracks.arrow'], 'energy', sounds.energy],
  ];
  const files = columns.map(([file]) => run.file(arm, name, ...file));
  checkFiles(run, files);
  for (const [i, [, column, remade]] of columns.entries()) {
    const path = files[i]!;
    const written = readColumns(path)[column];
    if (written?.length === remade.length && written.every((value, row) => value === remade[row])) continue;
    throw ofAnotherVersion(run, `the world made anew differs from ${path} in '${column}'`);
  }
}

const ofAnotherVersion = (run: FinishedRun, found: string, cause?: unknown): DubplateError =>
  new DubplateError(
    'INVALID_INPUT',
    `The world of ${run.path} cannot be made again by Dubplate ${version}; the run is of ${run.version}. Found: ${found}`,
    { hint: 'Inspect it with the Dubplate that made it, or run the scenario again.', cause },
  );
