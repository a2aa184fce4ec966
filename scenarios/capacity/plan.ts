import type { Unit } from '../units.ts';
import {
  type CacheAlternative,
  cacheAlternatives,
  cheapest,
  type RetrievalAlternative,
  retrievalAlternatives,
} from './alternatives.ts';
import type { RateFit } from './bench-rates.ts';
import { type Input, type InputName, inputNames, isPrice, type PlanInputs, unitOf, valuesOf } from './inputs.ts';
import { type Line, type QuestionNumber, questions } from './line.ts';
import { allLines } from './lines/all.ts';
import { evaluated, intervalOf, type Swing, swingsOf, widthOf } from './sensitivity.ts';
import { type Verdict, type VerdictWord, verdictOf } from './verdict.ts';

/** A line as it came out. */
export interface PlanLine extends Partial<Verdict> {
  readonly id: string;
  readonly question: string;
  readonly number: QuestionNumber;
  readonly about: string;
  readonly value: number;
  readonly unit: Unit;
  readonly formula: string;
  /** The inputs that it asked for, and what they were. */
  readonly inputs: Readonly<Partial<Record<InputName, number>>>;
  /** Of these, those that nobody has given or measured. */
  readonly assumes: readonly InputName[];
  readonly provenance: 'measured' | 'derived' | 'assumed';
  readonly low: number;
  readonly high: number;
  /** Its own, or where it has no limit that of the line that decides its question. */
  readonly verdict: VerdictWord;
  /** The line whose limit it is then. */
  readonly decidedBy?: string;
  readonly isAlternative: boolean;
  readonly sensitivity: readonly Swing[];
  readonly note?: string;
}

/** What a plan says, before any of its figures. */
export interface Answer {
  readonly verdict: VerdictWord;
  /** The line of the plan as stated whose limit is passed by most; undefined where none is. */
  readonly binding?: PlanLine;
  /** The cheapest that hold; of caches also the cheapest in Redis. */
  readonly cache?: CacheAlternative;
  readonly redis?: CacheAlternative;
  readonly retrieval?: RetrievalAlternative;
}

export interface NamedSwing extends Swing {
  readonly line: string;
  readonly value: number;
  readonly unit: Unit;
}

export interface Plan {
  readonly answer: Answer;
  readonly inputs: readonly (Input & { readonly name: InputName; readonly unit: Unit })[];
  readonly lines: readonly PlanLine[];
  /** What else could be done, side by side; as planned first. */
  readonly alternatives: {
    readonly cache: readonly CacheAlternative[];
    readonly retrieval: readonly RetrievalAlternative[];
  };
  readonly sensitivity: readonly NamedSwing[];
  readonly fits: readonly RateFit[];
  readonly warnings: readonly string[];
}

/** What is found outside: fits of measured times, and what has to be said about them. */
export interface Evidence {
  readonly fits: readonly RateFit[];
  readonly warnings: readonly string[];
}

/** Every question answered over these inputs. Pure. */
export function makePlan(inputs: PlanInputs, { fits, warnings }: Evidence = { fits: [], warnings: [] }): Plan {
  const values = valuesOf(inputs);
  const lines = withInheritedVerdicts(allLines.map((line) => planLine(line, inputs)));
  const cache = cacheAlternatives(values);
  const retrieval = retrievalAlternatives(values);
  return {
    answer: answerOf(lines, cache, retrieval),
    inputs: inputNames.map((name) => ({ name, unit: unitOf(name), ...inputs[name] })),
    lines,
    alternatives: { cache, retrieval },
    sensitivity: topSwings(lines),
    fits,
    warnings: [...warnings, ...undated(inputs)],
  };
}

type Judged = Omit<PlanLine, 'verdict'> & { readonly verdict?: VerdictWord };

function planLine(line: Line, inputs: PlanInputs): Judged {
  const { id, question: number, about, unit, formula, limit, isAlternative = false, note } = line;
  const values = valuesOf(inputs);
  const { value, uses } = evaluated(line.value, values);
  const sensitivity = swingsOf(line.value, inputs);
  const interval = intervalOf(value, sensitivity, inputs);
  return {
    id,
    question: questions[number],
    number,
    about,
    value,
    unit,
    formula,
    inputs: Object.fromEntries(uses.map((name) => [name, values[name]])),
    assumes: uses.filter((name) => inputs[name].provenance === 'assumed'),
    provenance: provenanceOf(value, uses, inputs),
    ...interval,
    ...(limit && verdictOf({ value, ...interval }, limit, values)),
    isAlternative,
    sensitivity,
    ...(note === undefined ? {} : { note }),
  };
}

/** A figure that is nothing but one input is as good as that; all others are derived. */
function provenanceOf(value: number, uses: readonly InputName[], inputs: PlanInputs): PlanLine['provenance'] {
  const [only] = uses;
  if (only === undefined || uses.length > 1 || inputs[only].value !== value) return 'derived';
  const { provenance } = inputs[only];
  return provenance === 'given' ? 'derived' : provenance;
}

const worst: readonly VerdictWord[] = ['does not hold', 'holds with', 'holds'];
const worstOf = (verdicts: readonly (VerdictWord | undefined)[]): VerdictWord =>
  worst.find((word) => verdicts.includes(word)) ?? 'holds';

/** A line without a limit of its own is what its question comes to: an alternative with the alternatives, others with the plan. */
const withInheritedVerdicts = (lines: readonly Judged[]): PlanLine[] =>
  lines.map((line) => {
    if (line.verdict !== undefined) return { ...line, verdict: line.verdict };
    const kin = lines.filter(
      ({ number, isAlternative, verdict }) =>
        number === line.number && isAlternative === line.isAlternative && verdict !== undefined,
    );
    const verdict = worstOf(kin.map((one) => one.verdict));
    const deciding = kin.find((one) => one.verdict === verdict);
    return {
      ...line,
      verdict,
      ...(deciding && { decidedBy: deciding.id }),
      ...(deciding?.bindingConstraint === undefined ? {} : { bindingConstraint: deciding.bindingConstraint }),
      ...(deciding?.remedy === undefined ? {} : { remedy: deciding.remedy }),
    };
  });

function answerOf(
  lines: readonly PlanLine[],
  caches: readonly CacheAlternative[],
  retrievals: readonly RetrievalAlternative[],
): Answer {
  const [cache, redis] = [cheapest(caches), cheapest(caches.filter(({ id }) => id !== 'flatFile'))];
  const retrieval = cheapest(retrievals);
  const stated = lines.filter(({ isAlternative }) => !isAlternative);
  const binding = stated
    .filter(({ load = 0 }) => load > 1)
    .reduce<PlanLine | undefined>((most, line) => ((line.load ?? 0) > (most?.load ?? 0) ? line : most), undefined);
  return {
    verdict: worstOf(stated.map(({ verdict }) => verdict)),
    ...(binding && { binding }),
    ...(cache && { cache }),
    ...(redis && { redis }),
    ...(retrieval && { retrieval }),
  };
}

/** What people ask a plan first. */
const headlines = ['money.perMonth', 'refresh.hours', 'cacheBytes.planned', 'shards.planned'];

/** The ten inputs that move a headline most, each with the headline that it moves most. */
function topSwings(lines: readonly PlanLine[]): NamedSwing[] {
  const swings = lines
    .filter(({ id }) => headlines.includes(id))
    .flatMap(({ id, value, unit, sensitivity }) => sensitivity.map((swing) => ({ ...swing, line: id, value, unit })))
    .sort((a, b) => widthOf(b, b.value) - widthOf(a, a.value));
  const first = swings.filter(({ input }, i) => swings.findIndex((other) => other.input === input) === i);
  return first.slice(0, 10);
}

/** A price means little without its day. */
const undated = (inputs: PlanInputs): string[] =>
  inputNames
    .filter((name) => isPrice(name) && inputs[name].provenance === 'given' && inputs[name].date === undefined)
    .map(
      (name) =>
        `${name} has no date: write its day behind it, as in '$${inputs[name].value}${unitOf(name).slice(1)}@2026-11-23'`,
    );
