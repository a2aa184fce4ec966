import type { FamilyName, WorldOptions } from '../sim/options.ts';
import { worldOptionsSchema } from '../sim/options.ts';
import { familiesOf, type Scenario } from './schema.ts';
import { applySettings } from './set-option.ts';

/** One of the worlds that a scenario makes. */
export interface ScenarioWorld {
  /** Of its folder. */
  readonly name: string;
  readonly family: FamilyName;
  /** What its figures are grouped by: the family, and where the world stands in a sweep. */
  readonly slice: string;
  readonly seed: string;
  readonly options: WorldOptions;
}

/**
 * World i of seed S has seed `S/i`; every family, and every value of a dial that is swept, has its own worlds under the same
 * seeds: worlds that differ in a dial alone are twins as far as the dial lets them.
 */
export const worldsOf = (scenario: Scenario): ScenarioWorld[] =>
  familiesOf(scenario).flatMap((family) =>
    slicesOf(scenario).flatMap(({ suffix, label, options }) =>
      Array.from({ length: scenario.worlds }, (_, i) => ({
        name: `${family}${suffix}-${i}`,
        family,
        slice: `${family}${label}`,
        seed: `${scenario.seed}/${i}`,
        options,
      })),
    ),
  );

function slicesOf({ world, sweep }: Scenario): { suffix: string; label: string; options: WorldOptions }[] {
  if (!sweep) return [{ suffix: '', label: '', options: world }];
  const dial = sweep.path.split('.').at(-1) ?? '';
  return sweep.values.map((value) => ({
    suffix: `-${dial}${value}`,
    label: `, ${dial} ${value}`,
    options: worldOptionsSchema.parse(
      (applySettings({ world }, [`${sweep.path}=${value}`]) as { world: unknown }).world,
    ),
  }));
}
