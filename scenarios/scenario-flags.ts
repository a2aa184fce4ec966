import { type Command, Option } from 'commander';
import { DubplateError } from '../engine/core/errors.ts';
import { familyNames } from '../sim/options.ts';
import { type CalibratedWorld, openCalibratedWorld, withHabitsOf } from './calibrated-world.ts';
import { scaleCohorts } from './cohort-sizes.ts';
import { amountFlag, hoursFlag, wholeFlag } from './number-flags.ts';
import { isRead, parseScenario, type Scenario, type ScenarioInput, scenarioSchema } from './schema.ts';
import { applySettings, collectSetting, pathOf } from './set-option.ts';

/** Flags of `run` and `explain` that change a scenario. */
export interface ScenarioFlags {
  readonly world?: CalibratedWorld;
  readonly listeners?: number;
  readonly tracks?: number;
  readonly releasesPerDay?: number;
  readonly days?: number;
  readonly worlds?: number;
  readonly seed?: string;
  readonly family?: readonly string[];
  readonly arms?: readonly string[];
  readonly swap?: string;
  readonly ttl?: number;
  readonly set: readonly string[];
}

export function addScenarioFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--world <file>',
        'habits from this file of `dubplate calibrate --out`: all dials of the world but its sizes; other flags and --set come after it',
      ).argParser(openCalibratedWorld),
    )
    .option('--listeners <n>', 'listeners on day 0; cohorts are scaled in proportion', wholeFlag)
    .option('--tracks <n>', 'tracks on day 0; of hearing: tracks to learn from', wholeFlag)
    .option('--releases-per-day <n>', 'new tracks a day in the mean, such as 0.5 or 40', amountFlag)
    .option('--days <n>', 'simulated days', wholeFlag)
    .option('--worlds <n>', 'independent worlds; world i of seed S has seed S/i', wholeFlag)
    .option('--seed <text>', 'seed that everything random is derived from')
    .addOption(new Option('--family <names>', `how taste works: ${familyNames.join(', ')}`).argParser(commaList))
    .addOption(new Option('--arms <names>', 'run only these arms').argParser(commaList))
    .addOption(
      new Option(
        '--swap <how>',
        'slate.swap of every arm: overwrite lists in place, or keep the generation before as well, in twice the memory',
      ).choices(['inPlace', 'full']),
    )
    .option(
      '--ttl <hours>',
      'slate.ttlHours of every arm: simulated hours, ± 10 % by listener, after which a list is not served any more',
      hoursFlag,
    )
    .option(
      '--set <path=value>',
      'override any option, e.g. arms.hybrid.als.factors=64 (repeatable)',
      collectSetting,
      [],
    );
}

/**
 * The scenario after flags and `--set`, with all defaults.
 * @throws DubplateError INVALID_OPTIONS listing every problem at once.
 */
export function applyScenarioFlags(scenario: ScenarioInput, flags: ScenarioFlags, source: string): Scenario {
  const { world: declared } = parseScenario(scenario, source);
  const changed = { ...scenario };
  const calibrated = flags.world && withHabitsOf(flags.world, declared);
  const world = { ...(calibrated ?? changed.world) };
  if (flags.tracks !== undefined && !scenario.hearing) world.tracks = flags.tracks;
  if (flags.releasesPerDay !== undefined) world.releasesPerDay = flags.releasesPerDay;
  if (flags.listeners !== undefined) world.cohorts = scaleCohorts((calibrated ?? declared).cohorts, flags.listeners);
  const flagged: ScenarioInput = {
    ...changed,
    world,
    ...(scenario.hearing && flags.tracks !== undefined
      ? { hearing: { ...scenario.hearing, tracks: flags.tracks } }
      : {}),
    ...(flags.days === undefined
      ? {}
      : { days: flags.days, warmup: Math.min(changed.warmup ?? 0, Math.max(0, flags.days - 1)) }),
    ...(flags.worlds === undefined ? {} : { worlds: flags.worlds }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.family === undefined ? {} : { family: flags.family as NonNullable<ScenarioInput['family']> }),
    ...(flags.arms === undefined ? {} : { arms: chooseArms(changed, flags.arms) }),
  };
  const arms = Object.keys(flagged.arms ?? {});
  const cached = arms.flatMap((arm) => slateSettings(flags).map((setting) => `arms.${arm}.${setting}`));
  // The finer setting comes last, and wins.
  const settled = applySettings(flagged, [...cached, ...flags.set], scenarioSchema) as ScenarioInput;
  // A setting makes the groups on its way: a misspelt arm would become a new one.
  const strangers = Object.keys(settled.arms ?? {}).filter((arm) => !arms.includes(arm));
  const leftOut = strangers.filter((arm) => Object.hasOwn(scenario.arms, arm));
  if (leftOut.length > 0) throw armsLeftOut(leftOut, flags);
  if (strangers.length > 0) throw noSuchArm(strangers, flagged);
  const parsed = parseScenario(settled, source);
  refuseWithoutEffect(parsed, flags);
  return parsed;
}

/** What the flags say of the lists of any arm, as settings. */
const slateSettings = ({ swap, ttl }: ScenarioFlags): string[] => [
  ...(swap === undefined ? [] : [`slate.swap=${swap}`]),
  ...(ttl === undefined ? [] : [`slate.ttlHours=${ttl}`]),
];

/** @throws DubplateError INVALID_OPTIONS naming every flag that a scenario does not read. */
function refuseWithoutEffect(scenario: Scenario, flags: ScenarioFlags): void {
  const flagged = [
    { flag: '--world', value: flags.world, path: 'world' },
    { flag: '--listeners', value: flags.listeners, path: 'world.cohorts' },
    { flag: '--releases-per-day', value: flags.releasesPerDay, path: 'world.releasesPerDay' },
    { flag: '--days', value: flags.days, path: 'days' },
    { flag: '--family', value: flags.family, path: 'family' },
    { flag: '--swap', value: flags.swap, path: 'arms.*.slate.swap' },
    { flag: '--ttl', value: flags.ttl, path: 'arms.*.slate.ttlHours' },
    ...flags.set.map((setting) => ({ flag: `--set ${setting}`, value: setting, path: pathOf(setting) })),
  ];
  const given = flagged.flatMap(({ flag, value, path }) =>
    value === undefined || isRead(scenario, path) ? [] : [flag],
  );
  if (given.length === 0) return;
  throw new DubplateError(
    'INVALID_OPTIONS',
    `${given.join(', ')} has no effect on ${scenario.name}, in which nobody lives and no lists are made`,
    {
      hint: `\`dubplate explain ${scenario.name}\` shows what has: --tracks to learn from, --set hearing.test=250 to be tested on.`,
    },
  );
}

function chooseArms(scenario: ScenarioInput, wanted: readonly string[]): ScenarioInput['arms'] {
  const unknown = wanted.filter((arm) => !Object.hasOwn(scenario.arms, arm));
  if (unknown.length > 0) throw noSuchArm(unknown, scenario);
  return Object.fromEntries(Object.entries(scenario.arms).filter(([arm]) => wanted.includes(arm)));
}

const noSuchArm = (unknown: readonly string[], scenario: ScenarioInput): DubplateError =>
  new DubplateError(
    'INVALID_OPTIONS',
    `There is no arm ${unknown.map((arm) => `'${arm}'`).join(', ')} in ${scenario.name}`,
    {
      hint: `Its arms are: ${Object.keys(scenario.arms).join(', ')}.`,
    },
  );

const armsLeftOut = (leftOut: readonly string[], { arms = [], set }: ScenarioFlags): DubplateError => {
  const about = set.filter((setting) => leftOut.some((arm) => pathOf(setting).startsWith(`arms.${arm}.`)));
  return new DubplateError(
    'INVALID_OPTIONS',
    `--arms ${arms.join(',')} leaves out ${leftOut.map((arm) => `'${arm}'`).join(', ')}, which --set ${about.join(' --set ')} is about`,
    { hint: `Name it too: --arms ${[...arms, ...leftOut].join(',')}, or leave the setting away.` },
  );
};

const commaList = (text: string): readonly string[] => text.split(',').map((name) => name.trim());
