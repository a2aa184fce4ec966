import { DubplateError } from '../../engine/core/errors.ts';

/** A size of a cache as it is given: keys, or a share of all keys. */
export type CacheSize = { readonly keys: number } | { readonly share: number };

/**
 * Sizes such as `10%,25%,5000`, each of at least one key.
 * @throws DubplateError INVALID_OPTIONS naming what is none.
 */
export function parseSizes(text: string): CacheSize[] {
  return text.split(',').map((size) => {
    const [, number, percent] = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(size) ?? [];
    const value = Number(number);
    if (percent === '%' && value > 0 && value <= 100) return { share: value / 100 };
    if (percent === '' && Number.isInteger(value) && value > 0) return { keys: value };
    throw new DubplateError('INVALID_OPTIONS', `'${size.trim()}' is no size of a cache`, {
      hint: 'Give keys, such as 5000, or a share of all keys above 0 and up to 100 %, such as 25%; several with commas between.',
    });
  });
}

/** Keys that a cache of this size holds where there are so many, at least one. */
export const capacityOf = (size: CacheSize, keys: number): number =>
  'keys' in size ? size.keys : Math.max(1, Math.round(size.share * keys));
