import { bits27, bits30 } from './bits.ts';
import type { IdPacking } from './packing.ts';
import { u32 } from './u32.ts';
import { u64 } from './u64.ts';

/** Every packing by its name, widest first. */
export const packings = { u64, u32, bits30, bits27 } as const satisfies Readonly<Record<string, IdPacking>>;
