import type { SoundAttributes, Waveform } from '../core/catalogue.ts';
import { digestOf } from '../core/digest.ts';
import { below, type Draw, type Streams } from '../core/random.ts';

/** One track to learn from. What is not known of it is left out, and that part of the loss does not count it. */
export interface Example {
  /** The waveform, asked for each time it is needed; not kept. */
  readonly waveform: () => Waveform;
  /** What an editor noted. */
  readonly sound?: SoundAttributes | undefined;
  /** Its ALS factor [dim]: where the embedding should be. */
  readonly factor?: Float32Array | undefined;
  /** How well the factor is known, 0–1; default 1. */
  readonly weight?: number | undefined;
  /** Its artist: tracks of one artist are never on both sides of the validation split. */
  readonly group: string;
}

/** How much the factor of an example counts; 0 when it is not known. */
export const factorWeight = ({ factor, weight = 1 }: Example): number => (factor ? weight : 0);

export interface Split {
  readonly train: readonly Example[];
  /** Kept back; empty when there are too few examples to spare some. */
  readonly validate: readonly Example[];
}

/** Below this many examples none are kept back: every one is needed. */
const fewestToSplit = 100;
const validationShare = 0.1;
const mostValidated = 200;

/** The purpose of the draws that keep groups back: the same for every training that goes on from an earlier one. */
export const splitPurpose = 'encoder split';

/**
 * Keep back whole groups, a tenth of them by a draw of their own, but at most 200 examples. A group that was learnt from once
 * is never kept back later, however many examples have come by then: it could not tell how well the unknown is heard.
 */
export function splitByGroup(examples: readonly Example[], streams: Streams): Split {
  if (examples.length < fewestToSplit) return { train: examples, validate: [] };
  const sizes = new Map<string, number>();
  for (const { group } of examples) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const drawn = [...sizes]
    .map(([group, size]) => ({ group, size, chance: streams(splitPurpose, wordOf(group))() }))
    .sort((a, b) => a.chance - b.chance);
  const keptBack = new Set<string>();
  let count = 0;
  for (const { group, size, chance } of drawn) {
    count += size;
    if (chance >= validationShare || count > mostValidated) break;
    keptBack.add(group);
  }
  return {
    train: examples.filter(({ group }) => !keptBack.has(group)),
    validate: examples.filter(({ group }) => keptBack.has(group)),
  };
}

/** 32 bits of a name. */
const wordOf = (name: string): number => Number.parseInt(digestOf(name).slice(0, 8), 16);

/** At most so many examples for one epoch, by chance, annotated ones before all others. */
export function chooseForEpoch(examples: readonly Example[], most: number, draw: Draw): readonly Example[] {
  if (examples.length <= most) return examples;
  const shuffled = shuffle(examples, draw);
  return [...shuffled.filter(({ sound }) => sound), ...shuffled.filter(({ sound }) => !sound)].slice(0, most);
}

/** Shuffled, with the annotated ones spread evenly, so that every batch has its share of them. */
export function dealEvenly(examples: readonly Example[], draw: Draw): Example[] {
  const shuffled = shuffle(examples, draw);
  const hands = [shuffled.filter(({ sound }) => sound), shuffled.filter(({ sound }) => !sound)];
  return hands
    .flatMap((hand) => hand.map((example, i) => ({ example, place: (i + draw()) / hand.length })))
    .sort((a, b) => a.place - b.place)
    .map(({ example }) => example);
}

function shuffle<T>(values: readonly T[], draw: Draw): T[] {
  const shuffled = [...values];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = below(i + 1, draw);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}

/** How factors are standardised for training: factor = mean + scale · standardised. One scale: directions keep their weight. */
export interface EmbeddingSpace {
  readonly mean: Float32Array;
  readonly scale: number;
}

/**
 * Mean of the known factors and the root mean square of what is left of them, weighted.
 * @returns undefined when no factor is known.
 */
export function embeddingSpace(examples: readonly Example[], dim: number): EmbeddingSpace | undefined {
  const known = examples.flatMap((example) =>
    example.factor && factorWeight(example) > 0 ? [{ factor: example.factor, weight: factorWeight(example) }] : [],
  );
  if (known.length === 0) return undefined;
  const total = known.reduce((sum, { weight }) => sum + weight, 0);
  const mean = new Float64Array(dim);
  for (const { factor, weight } of known) {
    if (factor.length !== dim) throw new Error(`A factor has ${factor.length} values where the embedding has ${dim}`);
    for (let d = 0; d < dim; d++) mean[d]! += (weight * factor[d]!) / total;
  }
  let variance = 0;
  for (const { factor, weight } of known) {
    for (let d = 0; d < dim; d++) variance += (weight * (factor[d]! - mean[d]!) ** 2) / (total * dim);
  }
  return { mean: Float32Array.from(mean), scale: Math.sqrt(variance) || 1 };
}

/** The factor of an example in standard units, written to `out`. */
export function standardiseFactor(factor: Float32Array, { mean, scale }: EmbeddingSpace, out: Float32Array): void {
  for (let d = 0; d < out.length; d++) out[d] = (factor[d]! - mean[d]!) / scale;
}
