import type { AlsOptions } from '../options.ts';

/** What both solvers need to know of the options. */
export type ObjectiveOptions = Pick<AlsOptions, 'objective' | 'alpha' | 'regularization' | 'unobservedWeight'>;

/**
 * One factor x, the other side Y fixed, minimises a quadratic form whose normal equations have the same shape under every
 * objective; n runs over the row's observed entries:
 *
 *     (g·G + Σ aₙ·yₙyₙᵀ + ρ·I) x = Σ bₙ·yₙ        G = YᵀY over all rows of Y
 *
 * | objective | loss                                                              | g  | aₙ  | bₙ     | ρ            |
 * | --------- | ----------------------------------------------------------------- | -- | --- | ------ | ------------ |
 * | `hkv`     | Σ all c(p − ŷ)² + λ(‖X‖² + ‖Y‖²), c = 1 + αr, p = [r > 0]         | 1  | αr  | 1 + αr | λ            |
 * | `ials`    | Σ observed (1 − ŷ)² + w₀ Σ all ŷ² + λ Σ rows (n + w₀N)·‖x‖²       | w₀ | 1   | 1      | λ(n + w₀N)   |
 *
 * N is the number of rows of the other side, n the number of entries of this row. In `ials` the size of r is not used:
 * any r > 0 makes the pair observed, so decay and saves act only through which pairs are (still) there.
 *
 * @see Hu, Koren & Volinsky (2008); Rendle, Krichene, Zhang & Koren (2021), Revisiting the performance of iALS, ν = 1.
 */
export interface Objective {
  /** g: weight of the Gram matrix. */
  readonly gramWeight: number;
  /** a: what an entry of weight r adds to the quadratic part. */
  readonly extra: (r: number) => number;
  /** b: what an entry of weight r adds to the linear part. */
  readonly target: (r: number) => number;
  /** ρ: the ridge of a row with `n` entries against `N` rows of the other side. */
  readonly ridge: (n: number, N: number) => number;
}

export const objectiveOf = (options: ObjectiveOptions): Objective => {
  const { alpha, regularization, unobservedWeight } = options;
  return options.objective === 'hkv'
    ? { gramWeight: 1, extra: (r) => alpha * r, target: (r) => 1 + alpha * r, ridge: () => regularization }
    : {
        gramWeight: unobservedWeight,
        extra: () => 1,
        target: () => 1,
        ridge: (n, N) => regularization * (n + unobservedWeight * N),
      };
};
