import type { Scenario } from './schema.ts';
import type { SummaryRow } from './scoring/rows.ts';

/** What became of one line of a scenario's `expect`. */
export interface Outcome {
  readonly what: string;
  readonly family: string;
  /** The mean over worlds, or undefined when the run has no such figure. */
  readonly found: number | undefined;
  readonly atLeast: number;
  readonly isMet: boolean;
}

/** Compares the means of a run with what its scenario expects. How certain they are is not asked. */
export function checkExpectations(scenario: Pick<Scenario, 'expect'>, summary: readonly SummaryRow[]): Outcome[] {
  const families = [...new Set(summary.map((row) => row.family))];
  return scenario.expect.flatMap((wish) =>
    families.map((family) => {
      const meanOf = (arm: string): number | undefined =>
        summary.find(
          (row) =>
            row.arm === arm && row.family === family && row.segment === wish.segment && row.metric === wish.metric,
        )?.mean;
      const own = meanOf(wish.arm);
      const other = wish.over === undefined ? 0 : meanOf(wish.over);
      const found = own === undefined || other === undefined ? undefined : own - other;
      const difference = wish.over === undefined ? wish.arm : `${wish.arm} over ${wish.over}`;
      return {
        what: `${wish.metric} ${wish.segment}, ${difference}`,
        family,
        found,
        atLeast: wish.atLeast,
        isMet: found !== undefined && found >= wish.atLeast,
      };
    }),
  );
}
