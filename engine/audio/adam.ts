import type { Weight, WeightValues } from './weights.ts';

/** What an optimizer remembers, by name of the weight. */
export interface AdamState {
  readonly steps: number;
  readonly mean: WeightValues;
  readonly square: WeightValues;
}

/** Moves weights against their gradients; remembers a running mean and square of each gradient. */
export interface Optimizer {
  /** @param gradients by name of the weight. */
  step(gradients: (name: string) => Float32Array, learningRate: number): void;
  /** What is remembered now; it changes with the next step. */
  state(): AdamState;
}

const beta1 = 0.9;
const beta2 = 0.99; // a memory of 100 steps: trainings are a few hundred steps long
const epsilon = 1e-8;
const weightDecay = 0.01;
const largestNorm = 5;

/**
 * AdamW with one cap on the norm of all gradients together:
 *
 *     m ← β₁m + (1 - β₁)g     v ← β₂v + (1 - β₂)g²     w ← w - η(m̂ / (√v̂ + ε) + λw)
 *
 * Biases are not decayed.
 * @param from where an earlier optimizer of the same weights stood; a copy is made.
 * @see Kingma & Ba (2015); Loshchilov & Hutter (2019).
 */
export function createAdam(weights: readonly Weight[], from?: AdamState): Optimizer {
  const states = weights.map((weight) => ({
    weight,
    mean: from?.mean.get(weight.name)?.slice() ?? new Float32Array(weight.data.length),
    square: from?.square.get(weight.name)?.slice() ?? new Float32Array(weight.data.length),
  }));
  let steps = from?.steps ?? 0;
  return {
    step(gradients, learningRate) {
      steps++;
      const norm = Math.sqrt(states.reduce((total, { weight }) => total + squaredNorm(gradients(weight.name)), 0));
      const clip = norm > largestNorm ? largestNorm / norm : 1;
      const unbias1 = 1 - beta1 ** steps;
      const unbias2 = 1 - beta2 ** steps;
      for (const { weight, mean, square } of states) {
        const g = gradients(weight.name);
        const w = weight.data;
        const rate = (learningRate * weight.rate) / unbias1;
        const decay = 1 - (isBias(weight) ? 0 : learningRate * weight.rate * weightDecay);
        const inverse2 = 1 / unbias2;
        for (let i = 0; i < w.length; i++) {
          const gi = clip * g[i]!;
          const m = beta1 * mean[i]! + (1 - beta1) * gi;
          const v = beta2 * square[i]! + (1 - beta2) * gi * gi;
          mean[i] = m;
          square[i] = v;
          w[i] = decay * w[i]! - (rate * m) / (Math.sqrt(v * inverse2) + epsilon);
        }
      }
    },
    state: () => ({
      steps,
      mean: new Map(states.map(({ weight, mean }) => [weight.name, mean])),
      square: new Map(states.map(({ weight, square }) => [weight.name, square])),
    }),
  };
}

const isBias = ({ name }: Weight): boolean => name.endsWith('.bias');

function squaredNorm(values: Float32Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]! * values[i]!;
  return total;
}
