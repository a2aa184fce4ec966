import type { Unit } from '../units.ts';

/** One number that a plan starts from. */
export interface InputSpec {
  /** What `--help` says. */
  readonly about: string;
  readonly unit: Unit;
  /** Where no flag, bench or run says otherwise. */
  readonly value: number;
  /** `given`: a size or policy of the plan itself, which the planner states and does not doubt; others are `assumed`. */
  readonly provenance: 'given' | 'assumed';
  readonly least: number;
  readonly most: number;
  /** What the value is multiplied by, down and up: what sensitivity tries, and the doubt in an assumed one. */
  readonly range: readonly [down: number, up: number];
  /** Where the default is from. */
  readonly source: string;
  readonly isWhole?: true;
  /** Completes "expected at least …". */
  readonly why?: string;
}

type Rest = Pick<InputSpec, 'least' | 'most' | 'range' | 'source' | 'isWhole' | 'why'>;
const given = (about: string, unit: Unit, value: number, rest: Rest): InputSpec => ({
  about,
  unit,
  value,
  provenance: 'given',
  ...rest,
});
const assumed = (about: string, unit: Unit, value: number, rest: Rest): InputSpec => ({
  about,
  unit,
  value,
  provenance: 'assumed',
  ...rest,
});

const nominal = 'the nominal plan';
const policy = 'headroom policy';
const rule = 'a rule of thumb: give your own';
const engine = 'the default of engine/options.ts';
const redis7 = 'measured once on Redis 7.0.15 and two shared cores: a floor';
/** Round figures for large clouds, on demand: nobody was asked. */
const price = 'a round figure and no quote, as of 2026-11-23';

const fixed = [1, 1] as const;
const tenth = [0.9, 1.1] as const;
const quarter = [0.75, 1.25] as const;
const twice = [0.5, 2] as const;

/** Every input, in the order of `--help`. Flags are the same names with hyphens: --releases-per-day. */
export const inputSpecs = {
  listeners: given('listeners, each with a list', 'count', 300e6, {
    least: 1,
    most: 1e11,
    range: tenth,
    source: nominal,
    isWhole: true,
  }),
  tracks: given('tracks of the catalogue', 'count', 100e6, {
    least: 1,
    most: 1e11,
    range: tenth,
    source: nominal,
    isWhole: true,
  }),
  releasesPerDay: given('new tracks a day', 'count', 40_000, { least: 0, most: 1e9, range: twice, source: nominal }),
  slate: given('tracks of a list', 'count', 200, {
    least: 1,
    most: 10_000,
    range: twice,
    source: nominal,
    isWhole: true,
  }),
  refreshHours: given('every list is made anew so often', 'h', 24, {
    least: 0.1,
    most: 8760,
    range: twice,
    source: nominal,
  }),
  factors: given('length of a factor', 'count', 128, {
    least: 1,
    most: 4096,
    range: twice,
    source: engine,
    isWhole: true,
  }),
  idBits: given('bits of an id as planned: 27, 30, 32 or 64', 'count', 64, {
    least: 27,
    most: 64,
    range: [30 / 64, 1],
    source: nominal,
  }),
  horizonMonths: given('the plan must hold so long', 'months', 12, {
    least: 0,
    most: 240,
    range: twice,
    source: policy,
  }),
  listenersGrowth: assumed('growth of listeners in a year', 'share', 0.1, {
    least: 0,
    most: 100,
    range: [0, 2],
    source: rule,
  }),

  dailyActive: assumed('listeners who listen on a day', 'share', 0.4, {
    least: 0,
    most: 1,
    range: quarter,
    source: rule,
  }),
  readsPerActiveDay: assumed('reads of their list on such a day', '1', 10, {
    least: 0,
    most: 1e5,
    range: twice,
    source: rule,
  }),
  peakFactor: assumed('the busiest hour over the mean', '1', 3, {
    least: 1,
    most: 100,
    range: [0.67, 1.67],
    source: rule,
  }),
  playsPerListenerDay: assumed('plays a day, over all listeners', '1', 25, {
    least: 0,
    most: 1e5,
    range: twice,
    source: rule,
  }),
  tracksPerListener: assumed('different tracks of a listener in what is trained on', '1', 200, {
    least: 0.001,
    most: 1e7,
    range: twice,
    source: rule,
  }),
  activeShare: assumed(
    'listeners who come back within 7 days: those whose lists are kept when not all are',
    'share',
    0.757,
    { least: 0, most: 1, range: [0.8, 1.2], source: 'a simulated model of activity' },
  ),
  activeHitRate: assumed('first reads of a day that then find a list', 'share', 0.958, {
    least: 0,
    most: 1,
    range: [0.95, 1.03],
    source: 'a simulated model of activity',
  }),

  keyBytes: assumed('bytes of a key; ours is dp:<namespace>:<listener in base 36>', 'B', 11, {
    least: 1,
    most: 1000,
    range: [0.7, 2],
    source: 'a namespace of one letter',
    isWhole: true,
  }),
  generations: given(
    'generations of lists in memory during a refresh: 2 with a key for each generation, 1 overwritten in place',
    'count',
    2,
    { least: 1, most: 2, range: [0.5, 1], source: nominal, isWhole: true },
  ),
  shards: given('shards that there are (default: as many as needed)', 'count', 0, {
    least: 1,
    most: 1e7,
    range: fixed,
    source: 'as needed',
    isWhole: true,
    why: ', since a replica copies a shard',
  }),
  replicas: given('replicas of each shard', 'count', 1, {
    least: 0,
    most: 10,
    range: [1, 2],
    source: policy,
    isWhole: true,
  }),
  shardBytes: assumed('memory of an instance; vendors say GB for GiB', 'B', 25e9, {
    least: 1e8,
    most: 1e14,
    range: twice,
    source: rule,
  }),
  memoryHeadroom: given(
    'maxmemory: share of an instance that lists may fill; the rest is for copies on fork, buffers and a new table',
    'share',
    0.75,
    { least: 0.05, most: 1, range: [0.8, 1.2], source: policy },
  ),
  fragmentation: assumed('resident memory over what Redis says it uses', '1', 1.08, {
    least: 1,
    most: 10,
    range: [0.95, 1.1],
    source: 'between 1.05 and 1.19 after overwriting in place',
  }),
  cpuHeadroom: given('share of a processor or link that may be used for long', 'share', 0.5, {
    least: 0.05,
    most: 1,
    range: quarter,
    source: policy,
  }),

  setsPerSecond: assumed('lists a second that one writer packs and writes', '1/s', 90_000, {
    least: 1,
    most: 1e9,
    range: [0.6, 1.67],
    source: redis7,
  }),
  writers: given('processes that write lists', 'count', 1, {
    least: 1,
    most: 1e6,
    range: [1, 4],
    source: nominal,
    isWhole: true,
  }),
  writeHours: given('the writing of a refresh may take so long', 'h', 4, {
    least: 0.01,
    most: 8760,
    range: twice,
    source: policy,
  }),
  getsPerSecond: assumed('reads a second of one shard', '1/s', 115_000, {
    least: 1,
    most: 1e9,
    range: twice,
    source: redis7,
  }),
  wireBytes: assumed('bytes of a command and its answer beside the list itself', 'B', 70, {
    least: 0,
    most: 10_000,
    range: twice,
    source: 'RESP framing, key, share of a TCP segment’s headers',
  }),
  linkRate: assumed('network of a host', 'Gbit/s', 10, { least: 0.001, most: 10_000, range: twice, source: rule }),
  nvmeReadsPerSecond: assumed('random reads a second of one NVMe drive', '1/s', 400_000, {
    least: 1,
    most: 1e9,
    range: twice,
    source: rule,
  }),
  nvmeBytes: assumed('size of one NVMe drive', 'B', 3.84e12, { least: 1e6, most: 1e16, range: twice, source: rule }),

  cores: given('processor cores of a refresh', 'cores', 640, {
    least: 1,
    most: 1e8,
    range: twice,
    source: 'ten hosts of 64 cores',
  }),
  coresPerHost: given('cores of a host', 'cores', 64, {
    least: 1,
    most: 10_000,
    range: fixed,
    source: 'ten hosts of 64 cores',
  }),
  hostBytes: assumed('memory of a host', 'B', 256e9, { least: 1e6, most: 1e15, range: twice, source: rule }),
  gpus: given('GPUs, for the alternatives that use them', 'count', 8, {
    least: 1,
    most: 1e6,
    range: twice,
    source: 'one host of eight',
    isWhole: true,
  }),
  alsRate: assumed('training of ALS on one core', 'GFLOP/s', 10, {
    least: 1e-4,
    most: 1e5,
    range: twice,
    source: 'a tuned core; `dubplate bench als --json` measures yours',
  }),
  sweeps: given('sweeps of a refresh', 'count', 15, {
    least: 1,
    most: 1000,
    range: [0.2, 1.33],
    source: 'a training from scratch; a warm start takes 3',
    isWhole: true,
  }),
  cgSteps: given('steps of conjugate gradients for a row', 'count', 2, {
    least: 1,
    most: 100,
    range: [0.5, 2],
    source: engine,
    isWhole: true,
  }),
  retrievalRate: assumed('exact retrieval on one core', 'GFLOP/s', 10, {
    least: 1e-4,
    most: 1e6,
    range: [0.5, 4],
    source: 'a tuned core; `dubplate bench retrieval --json` measures yours',
  }),
  int8Speedup: assumed('int8 scores over float32 ones on the same core', '1', 4, {
    least: 1,
    most: 64,
    range: twice,
    source: 'four times as many in a register',
  }),
  int8Recall: assumed('share of the exact list that int8 scores find', 'share', 0.98, {
    least: 0,
    most: 1,
    range: [0.95, 1.02],
    source: 'to be measured on your factors',
  }),
  gpuRate: assumed('what one GPU reaches in dense products of half precision', 'GFLOP/s', 400_000, {
    least: 1,
    most: 1e8,
    range: twice,
    source: rule,
  }),
  annLists: given('cells of the approximate index (IVF)', 'count', 65_536, {
    least: 1,
    most: 1e9,
    range: twice,
    source: rule,
    isWhole: true,
  }),
  annProbes: given('cells that are searched', 'count', 64, {
    least: 1,
    most: 1e9,
    range: twice,
    source: rule,
    isWhole: true,
  }),
  annRecall: assumed('share of the exact list that it finds', 'share', 0.9, {
    least: 0,
    most: 1,
    range: [0.8, 1.08],
    source: 'to be measured on your factors',
  }),
  annPasses: assumed('passes that assign every track to a cell at a refresh, since factors change', 'count', 1, {
    least: 1,
    most: 1000,
    range: [1, 10],
    source: 'one assignment to cells that are kept; finding cells by k-means takes several',
    isWhole: true,
  }),
  leastRecall: assumed('share of the exact list below which retrieval is not recommended', 'share', 0.9, {
    least: 0,
    most: 1,
    range: [0.9, 1.05],
    source: rule,
  }),

  deepWeights: assumed(
    'dense weights that an example passes in the deep model that ALS is compared with',
    'count',
    589_824,
    { least: 1, most: 1e12, range: twice, source: 'two towers of 256-512-256-128' },
  ),
  deepBatch: assumed('examples of a batch, each the negative of the others', 'count', 4096, {
    least: 1,
    most: 1e7,
    range: twice,
    source: 'usual for two towers',
  }),
  deepEpochs: assumed('passes over the interactions', '1', 1, {
    least: 0.001,
    most: 1000,
    range: [0.5, 3],
    source: 'usual for two towers',
  }),
  deepRate: assumed('what one core reaches in training the deep model, by default as in training ALS', 'GFLOP/s', 10, {
    least: 1e-4,
    most: 1e6,
    range: [0.5, 4],
    source: 'as fast as ALS',
  }),

  encodeSeconds: assumed('core-seconds of the encoder for a track', 's', 0.2, {
    least: 1e-6,
    most: 1e5,
    range: twice,
    source: '2 GFLOP at 10 GFLOP/s; `dubplate bench encoder --json` measures yours',
  }),
  decodeSeconds: assumed('core-seconds to decode its sound file', 's', 0.4, {
    least: 0,
    most: 1e5,
    range: twice,
    source: rule,
  }),
  clipBytes: assumed('bytes of a sound file that are read', 'B', 1e6, {
    least: 1,
    most: 1e12,
    range: twice,
    source: rule,
  }),
  backfillHours: given('the back catalogue may take so long, once', 'h', 168, {
    least: 0.1,
    most: 1e5,
    range: twice,
    source: 'a week',
  }),
  foldInMs: assumed('core-milliseconds to fold in a new listener', 'ms', 1, {
    least: 1e-4,
    most: 1e6,
    range: twice,
    source: '`dubplate bench foldin --json` measures yours',
  }),
  eventBytes: assumed('bytes of an event in the log', 'B', 16, { least: 1, most: 10_000, range: twice, source: rule }),
  keptDays: given('days that the log is kept', 'count', 90, { least: 1, most: 1e5, range: twice, source: rule }),
  pairBytes: assumed('bytes of an interaction in training: index and weight, by listener and by track', 'B', 16, {
    least: 1,
    most: 1000,
    range: [0.5, 1],
    source: 'u32 and float32 twice, engine/interactions/csr.ts',
  }),
  metaBytes: assumed('bytes of a track in the feature store beside its embedding', 'B', 100, {
    least: 0,
    most: 1e6,
    range: twice,
    source: rule,
  }),

  ramPrice: assumed('memory of the cache', '$/GB-h', 0.0067, { least: 0, most: 1000, range: twice, source: price }),
  corePrice: assumed('a core', '$/core-h', 0.04, { least: 0, most: 1000, range: twice, source: price }),
  gpuPrice: assumed('a GPU', '$/GPU-h', 3, { least: 0, most: 10_000, range: twice, source: price }),
  nvmePrice: assumed('NVMe that is attached', '$/GB-month', 0.1, { least: 0, most: 1000, range: twice, source: price }),
} satisfies Readonly<Record<string, InputSpec>>;
