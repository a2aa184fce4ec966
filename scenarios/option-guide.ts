import { z } from 'zod';
import { formatCount } from '../reports/format.ts';

/** What a schema says of one place: JSON Schema, as zod writes it. */
export type Place = z.core.JSONSchema.JSONSchema;

/** What may stand at a path; several places where a value may be of several kinds, none where the path leads nowhere. */
export type OptionGuide = (path: readonly PropertyKey[]) => readonly Place[];

/** Reads of a schema what may be given, before defaults and checks across options. */
export function guideTo(schema: z.ZodType): OptionGuide {
  const root: Place = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return (path) =>
    path.reduce<readonly Place[]>((places, part) => places.flatMap((at) => below(at, part)), kindsOf(root));
}

/** The names that may stand below these places. */
export const namesIn = (places: readonly Place[]): string[] => [
  ...new Set(places.flatMap(({ properties }) => Object.keys(properties ?? {}))),
];

function below({ properties, additionalProperties, items }: Place, part: PropertyKey): readonly Place[] {
  const name = String(part);
  const named = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
  const next = named ?? additionalProperties ?? (/^\d+$/.test(name) ? items : undefined);
  return typeof next === 'object' && !Array.isArray(next) ? kindsOf(next) : [];
}

const kindsOf = (place: Place): readonly Place[] => {
  const kinds = [...(place.anyOf ?? []), ...(place.oneOf ?? [])].filter((kind) => typeof kind === 'object');
  // What is said of the choice is said of each kind that says nothing of itself.
  const { description } = place;
  return kinds.length === 0
    ? [place]
    : kinds.map((kind) => ({ ...(description && { description }), ...kind })).flatMap(kindsOf);
};

/** What can be said of an option: which values it takes, and what they mean; empty where the schema does not say. */
export interface OptionHelp {
  readonly range: string;
  readonly meaning: string;
}

/** What `guide` says of the option at `path`, which has this value. */
export function helpOn(guide: OptionGuide, path: readonly string[], value: unknown): OptionHelp {
  const places = guide(path);
  // Of the kinds of a group, the one that was chosen.
  const chosen = places.find(({ const: only }) => only === undefined || only === value);
  return { range: rangeOf(places), meaning: chosen?.description ?? '' };
}

/** `whole, 1 to 512`, `more than 0`, `hkv | ials`, `whole, 0 to 23, …`: an ellipsis where there may be several. */
function rangeOf(places: readonly Place[]): string {
  const texts = [...new Set(places.map(rangeOfOne).filter((text) => text !== ''))];
  return texts.filter((text) => !texts.includes(`${text}, …`)).join(' | ');
}

function rangeOfOne(place: Place): string {
  if (place.const !== undefined) return String(place.const);
  if (place.enum) return place.enum.map(String).join(' | ');
  const { items } = place;
  if (place.type === 'array') {
    const each = typeof items === 'object' && !Array.isArray(items) ? rangeOfOne(items) : '';
    return each === '' ? '' : `${each}, …`;
  }
  if (place.type === 'boolean') return 'true | false';
  if (place.type !== 'integer' && place.type !== 'number') return '';
  const bounds = boundsOf(place);
  return place.type === 'integer' ? ['whole', bounds].filter((text) => text !== '').join(', ') : bounds;
}

function boundsOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Place): string {
  // zod bounds whole numbers by what a double can hold.
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const least = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  if (least !== undefined && most !== undefined) return `${shown(least)} to ${shown(most)}`;
  return [
    least === undefined ? '' : `at least ${shown(least)}`,
    typeof exclusiveMinimum !== 'number' ? '' : `more than ${shown(exclusiveMinimum)}`,
    most === undefined ? '' : `at most ${shown(most)}`,
    typeof exclusiveMaximum !== 'number' ? '' : `less than ${shown(exclusiveMaximum)}`,
  ]
    .filter((text) => text !== '')
    .join(', ');
}

/** A bound with all its digits, whole ones by thousands. */
const shown = (bound: number): string => (Number.isInteger(bound) ? formatCount(bound) : String(bound));
