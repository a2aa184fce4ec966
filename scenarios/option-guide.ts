import { z } from 'zod';

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
  return kinds.length === 0 ? [place] : kinds.flatMap(kindsOf);
};
