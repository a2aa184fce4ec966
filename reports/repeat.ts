import { oneLine } from './format.ts';
import type { Manifest } from './read-run.ts';

/**
 * The command line that repeats a run: as the manifest states it, else put together from the resolved scenario. The flags
 * then repeat the sizes; options that were changed by `--set` are in the manifest only.
 */
export function repeatCommand(manifest: Manifest): string {
  if (manifest.command !== undefined) return oneCommand(manifest.command);
  const { scenario } = manifest;
  const world = isRecord(scenario.world) ? scenario.world : {};
  const flags: readonly (readonly [flag: string, value: string | undefined])[] = [
    ['seed', manifest.seed === '' ? undefined : manifest.seed],
    ['worlds', textOf(scenario.worlds)],
    ['family', textOf(scenario.family)],
    ['days', textOf(scenario.days)],
    ['listeners', textOf(listenersOf(world))],
    ['tracks', textOf(world.tracks)],
    ['releases-per-day', textOf(world.releasesPerDay)],
  ];
  const given = flags.flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag} ${quoted(value)}`]));
  return oneCommand(['npx dubplate run', quoted(scenario.name), ...given].join(' '));
}

/** All cohorts together, or undefined when one does not say. */
function listenersOf(world: Record<string, unknown>): number | undefined {
  if (typeof world.listeners === 'number') return world.listeners;
  if (!isRecord(world.cohorts)) return undefined;
  const sizes = Object.values(world.cohorts).map((cohort) => (isRecord(cohort) ? cohort.listeners : undefined));
  return sizes.reduce<number | undefined>(
    (sum, size) => (sum === undefined || typeof size !== 'number' ? undefined : sum + size),
    0,
  );
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'string') return String(value);
  return Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === 'string')
    ? value.join(',')
    : undefined;
}

/** A word of a POSIX shell. */
const quoted = (word: string): string => (/^[\w.,:/@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** A line break in a name must not become a second command for whoever pastes it. */
const oneCommand = oneLine;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
