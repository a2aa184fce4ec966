import type { Kernel } from '../engine/als/kernel.ts';
import type { Encoder } from '../engine/audio/encoder.ts';
import type { Progress } from '../engine/core/progress.ts';
import type { EncoderInUse } from '../engine/refresh.ts';
import type { World } from '../sim/world.ts';
import type { RunFolder } from './run-folder.ts';
import type { Scenario } from './schema.ts';
import type { MetricRow } from './scoring/rows.ts';

/** Digests of what one arm made in one world: SHA-256 over canonical bytes, times excluded. */
export interface ArmDigests {
  readonly events: string;
  readonly model: string;
  readonly slates: string;
}

/** What a finished world gives to the run. */
export interface WorldResult {
  readonly rows: readonly MetricRow[];
  /** By arm. */
  readonly digests: Readonly<Record<string, Partial<ArmDigests>>>;
  /** Of each day of an arm's log, in order; by arm. */
  readonly dayDigests?: Readonly<Record<string, readonly string[]>>;
  /** What the arms that listen heard with in the last night, by arm. */
  readonly encoders?: Readonly<Record<string, EncoderInUse>>;
}

export interface WorldTask {
  readonly scenario: Scenario;
  readonly name: string;
  readonly family: World['family'];
  /** What the figures are grouped by: see `worldsOf`. */
  readonly slice: string;
  readonly worldOptions: World['options'];
  readonly seed: string;
  readonly folder: RunFolder;
  /** Digest of all that the results depend on. */
  readonly config: string;
  /** Keeps the keys of runs apart that share a cache server. */
  readonly runId: string;
  readonly redisUrl: string | undefined;
  /** How long a cache server that is lost is waited for; default: not at all. */
  readonly redisPatienceMs?: number | undefined;
  /** Told what happens to the cache, in sentences without secrets. */
  readonly tell?: ((message: string) => void) | undefined;
  /** A trained encoder to use instead of training one. */
  readonly encoder: Encoder | undefined;
  readonly kernel: Kernel;
  /** Wall clock in milliseconds, for costs only. */
  readonly clock: () => number;
  readonly progress: Progress;
}
