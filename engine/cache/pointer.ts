import { DubplateError } from '../core/errors.ts';

/**
 * Where the lists of a generation lie. With two copies generations take the sides A and B in turn; where lists are overwritten
 * in place there is one copy, without a name. The side stands in the key before the listener, whose digits are lower case.
 */
export type Side = '' | 'A' | 'B';

/** A generation and where it lies. */
export interface Copy {
  readonly generation: number;
  readonly side: Side;
}

/** The generation that is served, and the whole one before it where it is kept. One value: both change at once. */
export interface Pointer extends Copy {
  readonly earlier?: Copy | undefined;
}

export const otherSide = (side: Side): Side => (side === 'A' ? 'B' : 'A');

/** `7`, `7A`, or `8B 7A` where the earlier one is kept. */
export const pointerText = ({ generation, side, earlier }: Pointer): string =>
  `${generation}${side}${earlier ? ` ${earlier.generation}${earlier.side}` : ''}`;

/**
 * Read what {@link pointerText} wrote.
 * @param key for the error.
 * @throws DubplateError INVALID_INPUT when another program wrote it.
 */
export function readPointer(text: string, key: string): Pointer {
  const found = /^(\d{1,10})([AB]?)(?: (\d{1,10})([AB]?))?$/.exec(text);
  if (!found) throw notAPointer(text, key);
  const [, generation, side, earlier, earlierSide] = found;
  return {
    ...copyOf(generation, side),
    ...(earlier === undefined ? {} : { earlier: copyOf(earlier, earlierSide) }),
  };
}

const copyOf = (generation: string | undefined, side: string | undefined): Copy => ({
  generation: Number(generation),
  side: side as Side,
});

const notAPointer = (text: string, key: string): DubplateError =>
  new DubplateError('INVALID_INPUT', `${key} holds '${text.slice(0, 40)}', which is no generation number`, {
    hint: 'Another program writes under this key: delete it, or give the run a namespace of its own.',
    details: { key },
  });
