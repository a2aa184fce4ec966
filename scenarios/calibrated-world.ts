import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { DubplateError } from '../engine/core/errors.ts';
import { plural } from '../reports/format.ts';
import { type FamilyName, familyNames, type WorldOptions } from '../sim/options.ts';
import { listenersOf, scaleCohorts } from './cohort-sizes.ts';
import { type Handiwork, readWorldFile, type WorldFile } from './fidelity/world-file.ts';

/** A world file that `--world` names. */
export interface CalibratedWorld {
  readonly path: string;
  readonly file: WorldFile & Handiwork;
}

/**
 * @throws DubplateError FILE_NOT_FOUND, or INVALID_INPUT when it is no world file of this version; INVALID_OPTIONS where the name of
 *   one of the worlds of a run stands in its place.
 */
export function openCalibratedWorld(path: string): CalibratedWorld {
  if (!existsSync(path) && isWorldName(path)) throw notAFile(path);
  return { path, file: readWorldFile(path) };
}

/** As the worlds of a run are called, such as `latent-0`; those of a sweep have the value of the dial in front of the number. */
const isWorldName = (text: string): boolean => new RegExp(`^(${familyNames.join('|')})[^/\\\\]*-\\d+$`).test(text);

const notAFile = (name: string): DubplateError =>
  new DubplateError('INVALID_OPTIONS', `--world ${name} names a world of a run, where the file of a world is meant`, {
    hint: 'Give a file of `dubplate calibrate --out`. How taste works is said by --family, how many worlds there are by --worlds.',
  });

/** Dials of size, which a calibration does not fit: no log tells how many there are that it does not have. */
const sizes = ['tracks', 'releasesPerDay', 'signupsPerDay'] as const;

/**
 * The habits of a calibrated world in a world of another size: every dial of the file but tracks, releases and sign-ups, and its
 * cohorts in their proportions, scaled to as many listeners as there were.
 */
export function withHabitsOf({ file }: CalibratedWorld, size: WorldOptions): WorldOptions {
  const { tracks, releasesPerDay, signupsPerDay } = size;
  const cohorts = scaleCohorts(file.world.cohorts, listenersOf(size.cohorts));
  return { ...file.world, tracks, releasesPerDay, signupsPerDay, cohorts };
}

/** What the habits of a run were calibrated to, for its manifest. */
export interface Calibration extends Omit<WorldFile['source'], 'file'>, Partial<Handiwork> {
  /** Names of the world file and of the log. */
  readonly file: string;
  readonly log: string;
  /** Version that fitted the dials, in worlds of this family. */
  readonly dubplate: string;
  readonly family: WorldFile['family'];
  /** Paths of dials that were changed after that. */
  readonly changed: readonly string[];
}

/** @param world as the run lives in it. */
export function calibrationOf({ path, file }: CalibratedWorld, world: WorldOptions): Calibration {
  const { source, dubplate, family, isEdited, defaults } = file;
  const { file: log, ...counted } = source;
  return {
    file: basename(path),
    log,
    ...counted,
    dubplate,
    family,
    isEdited,
    defaults,
    changed: changesOf(file.world, world),
  };
}

/** Where two worlds differ but for their sizes. */
function changesOf(before: WorldOptions, after: WorldOptions): string[] {
  const [old, now] = [habitsOf(before), habitsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path));
}

/** Every dial of habit by its path. */
function habitsOf({ cohorts, ...dials }: WorldOptions): Map<string, number> {
  const isSize = (name: string): boolean => (sizes as readonly string[]).includes(name);
  return new Map([
    ...Object.entries(dials).flatMap(([name, value]) => (isSize(name) ? [] : [[`world.${name}`, value] as const])),
    ...Object.entries(cohorts).flatMap(([name, { explore, activity }]) => [
      [`world.cohorts.${name}.explore`, explore] as const,
      [`world.cohorts.${name}.activity`, activity] as const,
    ]),
  ]);
}

/** What to know before a calibrated world is lived in: see the note of the report. */
export function warningsOn({ path, file }: CalibratedWorld, families: readonly FamilyName[]): string[] {
  const others = families.filter((family) => family !== file.family);
  const facts = [
    ...(others.length > 0
      ? [`was calibrated in ${file.family} worlds; in ${others.join(', ')} the same dials may give other listening`]
      : []),
    ...handiworkOf(file),
  ];
  return facts.map((fact) => `${path} ${fact}.`);
}

const handiworkOf = ({ isEdited, defaults }: Partial<Handiwork>): string[] => [
  ...(isEdited ? ['was changed by hand since it was calibrated: its dials are not those that were fitted'] : []),
  ...(defaults && defaults.length > 0 ? [`does not name ${defaults.join(', ')}: defaults stand there`] : []),
];

/** What a report says of the habits of a world, without and with a calibration. */
export function noteOnHabits(calibration: Calibration | undefined): string {
  if (!calibration) {
    return 'This world is not calibrated to a listening log: its habits are set by hand from published facts.';
  }
  const { file, log, digest, listeners, plays, used, dubplate, family, changed } = calibration;
  const fitted = `The habits of this world are those of ${file}, calibrated by Dubplate ${dubplate} in ${family} worlds`;
  const of = `${plural(plays, 'play')} of ${plural(listeners, 'listener')}`;
  const counted = used
    ? `, of which ${plural(used.plays, 'play')} of ${plural(used.listeners, 'listener')} in their last ${plural(used.days, 'day')} were used`
    : '';
  const source = `to ${log}: ${of}${counted}, SHA-256 ${digest.slice(0, 12)}….`;
  const by = handiworkOf(calibration).map((fact) => ` ${file} ${fact}.`);
  const later = changed.length > 0 ? ` Changed after that: ${changed.join(', ')}.` : '';
  return `${fitted} ${source}${by.join('')}${later}`;
}
