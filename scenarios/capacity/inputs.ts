import { z } from 'zod';
import { packings } from '../../engine/cache/codec/packings.ts';
import { DubplateError } from '../../engine/core/errors.ts';
import { describeIssues, problemsIn } from '../describe-issue.ts';
import { exampleOf, formatAmount, parseAmount, type Unit } from '../units.ts';
import { type InputSpec, inputSpecs } from './input-specs.ts';

export type InputName = keyof typeof inputSpecs;
export const inputNames = Object.keys(inputSpecs) as InputName[];
export const specOf = (name: InputName): InputSpec => inputSpecs[name];
export const unitOf = (name: InputName): Unit => specOf(name).unit;
export const isPrice = (name: InputName): boolean => unitOf(name).startsWith('$');

/** The number behind each name, in the unit of its spec. */
export type Inputs = Readonly<Record<InputName, number>>;

/** `given` by a flag or as a size of the plan, `measured` by a bench or a run, `derived` from work of another size, or `assumed`. */
export type InputProvenance = 'given' | 'measured' | 'derived' | 'assumed';

/** One input as a plan uses it. */
export interface Input {
  readonly value: number;
  readonly provenance: InputProvenance;
  /** The flag, the file or the run, or where the default is from. */
  readonly source: string;
  /** Of a price that was given: the day on which it was looked up, as 2026-11-23, where that was said. */
  readonly date?: string;
  /** What sensitivity tries. Of an assumed or measured one, also its uncertainty, which the intervals of lines take up. */
  readonly low: number;
  readonly high: number;
}

export type PlanInputs = Readonly<Record<InputName, Input>>;

/** What a bench or a run found, with its own interval: measured, unless it says that it is derived. */
export type FoundInput = Omit<Input, 'provenance'> & { readonly provenance?: 'derived' };
export type Found = Partial<Record<InputName, FoundInput>>;

/** The flag of an input: --releases-per-day. */
export const flagOf = (name: InputName): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

export const valuesOf = (inputs: PlanInputs): Inputs =>
  Object.fromEntries(inputNames.map((name) => [name, inputs[name].value])) as Inputs;

/** A value that sensitivity can try: within what the schema allows, whole where it has to be. */
export function withinSpec(name: InputName, value: number): number {
  const { least, most, isWhole } = specOf(name);
  const inside = Math.min(most, Math.max(least, value));
  return isWhole ? Math.round(inside) : inside;
}

type Texts = Readonly<Partial<Record<InputName, string>>>;

/**
 * The inputs of a plan: what the flags say goes before what was measured, that before the defaults.
 *
 * @param texts amounts as they were written, by input.
 * @throws DubplateError INVALID_OPTIONS with everything that is wrong at once: amounts that are none, out of range, or that
 *   cannot be together.
 */
export function planInputs(texts: Texts, found: Found = {}): PlanInputs {
  const parsed = textsSchema.safeParse(texts, { reportInput: true });
  if (!parsed.success) throw problems(describeIssues(textsSchema, parsed.error.issues));
  const inputs = Object.fromEntries(
    inputNames.map((name): [InputName, Input] => [name, inputOf(name, parsed.data[name], found[name])]),
  ) as PlanInputs;
  const wrong = contradictions(valuesOf(inputs), texts);
  if (wrong.length > 0) throw problems(wrong);
  return texts.deepRate === undefined ? { ...inputs, deepRate: asFastAsAls(inputs) } : inputs;
}

/** Nobody measures the deep model: it is taken to be as fast as ALS, whatever that is. */
function asFastAsAls({ alsRate: { value }, deepRate }: PlanInputs): Input {
  const [down, up] = specOf('deepRate').range;
  return {
    ...deepRate,
    value,
    low: withinSpec('deepRate', value * down),
    high: withinSpec('deepRate', value * up),
  };
}

function inputOf(
  name: InputName,
  given: { readonly value: number; readonly date?: string } | undefined,
  found: Found[InputName],
): Input {
  const { value, source, range, provenance } = specOf(name);
  const around = (middle: number) => ({
    value: middle,
    low: withinSpec(name, middle * range[0]),
    high: withinSpec(name, middle * range[1]),
  });
  if (given) {
    const { value, date } = given;
    const asOf = date !== undefined ? ` as of ${date}` : isPrice(name) ? ', of no date' : '';
    return { ...around(value), provenance: 'given', source: `${flagOf(name)}${asOf}`, ...(date && { date }) };
  }
  if (found) return { provenance: 'measured', ...found };
  if (name === 'shards') return { value, low: value, high: value, provenance, source }; // 0: as many as needed
  return { ...around(value), provenance, source };
}

const amountSchema = (name: InputName) => {
  const { unit, least, most, isWhole, why = '' } = specOf(name);
  const shown = (value: number): string => formatAmount(value, unit);
  return z.string().transform((text, context) => {
    const amount = parseAmount(text, unit);
    const refuse = (expected: string) => {
      context.issues.push({ code: 'custom', input: text, message: `found '${text}', expected ${expected}` });
      return z.NEVER;
    };
    if (amount === undefined) return refuse(exampleOf(unit));
    if (amount.value < least) return refuse(`at least ${shown(least)}${why}`);
    if (amount.value > most) return refuse(`at most ${shown(most)}`);
    if (isWhole && !Number.isInteger(amount.value)) return refuse('a whole number');
    return amount;
  });
};

const textsSchema = z.strictObject(
  Object.fromEntries(inputNames.map((name) => [name, amountSchema(name).optional()])) as Record<
    InputName,
    z.ZodOptional<ReturnType<typeof amountSchema>>
  >,
);

/** Packings by the bits of their ids. */
export const packingOf = (bits: number) =>
  ({ 27: packings.bits27, 30: packings.bits30, 32: packings.u32, 64: packings.u64 })[bits];

/** What is allowed one by one, and wrong together. */
function contradictions(inputs: Inputs, texts: Texts): string[] {
  const { slate, tracks, idBits, annProbes, annLists } = inputs;
  const packing = packingOf(idBits);
  const most = packing && packing.largestId + 1;
  return [
    slate > tracks && `slate: found a list of ${slate} tracks, expected at most the ${tracks} of the catalogue`,
    packing === undefined && `idBits: found ${idBits}, expected 27, 30, 32 or 64`,
    most !== undefined &&
      tracks > most &&
      `tracks: found ${tracks}, expected at most ${most}: ids of ${idBits} bits${idBits === 64 ? ', of which the codec uses 32,' : ''} number no more`,
    annProbes > annLists && `annProbes: found ${annProbes}, expected at most the ${annLists} cells that there are`,
    inputs.writeHours > inputs.refreshHours &&
      texts.writeHours !== undefined &&
      `writeHours: found ${inputs.writeHours}, expected at most the ${inputs.refreshHours} hours between refreshes`,
    inputs.coresPerHost > inputs.cores &&
      texts.coresPerHost !== undefined &&
      `coresPerHost: found ${inputs.coresPerHost}, expected at most the ${inputs.cores} cores that there are`,
  ].filter((problem) => problem !== false);
}

const problems = (found: readonly string[]): DubplateError =>
  new DubplateError('INVALID_OPTIONS', problemsIn('The plan', found), {
    hint: 'Every input, its unit and its default are listed by `dubplate plan --help`.',
    details: { problems: found },
  });
