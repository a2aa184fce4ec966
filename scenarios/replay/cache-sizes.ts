import { DubplateError } from '../../engine/core/errors.ts';
import { readWhole } from '../number-flags.ts';
import { parseAmount } from '../units.ts';

/** A size of a cache as it is given: keys, or a share of all keys. */
export type CacheSize = { readonly keys: number } | { readonly share: number };

/**
 * Sizes such as `10%,25%,5000`, each of at least one key.
 * @throws DubplateError INVALID_OPTIONS naming what is none.
 */
export function parseSizes(text: string): CacheSize[] {
  return text.split(',').map((size) => {
    const share = size.includes('%') ? parseAmount(size, 'share')?.value : undefined;
    if (share !== undefined && share > 0 && share <= 1) return { share };
    const keys = readWhole(size);
    if (keys !== undefined && keys > 0) return { keys };
    throw new DubplateError('INVALID_OPTIONS', `'${size.trim()}' is no size of a cache`, {
      hint: 'Give keys, such as 5000 or 5k, or a share of all keys above 0 and up to 100 %, such as 25%; several with commas between.',
    });
  });
}

/** Keys that a cache of this size holds where there are so many, at least one. */
export const capacityOf = (size: CacheSize, keys: number): number =>
  'keys' in size ? size.keys : Math.max(1, Math.round(size.share * keys));
