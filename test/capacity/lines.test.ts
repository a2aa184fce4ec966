import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bits27 } from '../../engine/cache/codec/bits.ts';
import { packings } from '../../engine/cache/codec/packings.ts';
import { encodeSlate } from '../../engine/cache/codec.ts';
import { encodeSlot, pageLayout } from '../../engine/cache/page-layout.ts';
import { u64Strings } from '../../scenarios/capacity/cache-layouts.ts';
import { type InputName, type Inputs, planInputs, valuesOf } from '../../scenarios/capacity/inputs.ts';
import { questions } from '../../scenarios/capacity/line.ts';
import { allLines } from '../../scenarios/capacity/lines/all.ts';
import { bytesPerShard, shardsNeeded, usableBytes } from '../../scenarios/capacity/shards.ts';
import { countCholeskySweep, countSweep, countTwoTowerExample } from './flop-counters.ts';

const nominal = valuesOf(planInputs({}));
const withInputs = (changes: Partial<Record<InputName, number>>): Inputs => ({ ...nominal, ...changes });
const figure = (id: string, inputs: Inputs = nominal): number => {
  const line = allLines.find((one) => one.id === id);
  if (line === undefined) throw new Error(`no line ${id}`);
  return line.value(inputs);
};
const near = (found: number, expected: number, share: number): void => {
  expect(Math.abs(found / expected - 1), `${found} for ${expected}`).toBeLessThan(share);
};

it('answer every question, under names of their own, with a limit to each question', () => {
  expect(new Set(allLines.map(({ id }) => id)).size).toBe(allLines.length);
  expect([...new Set(allLines.map(({ question }) => question))]).toEqual(Object.keys(questions).map(Number));
  for (const number of Object.keys(questions).map(Number)) {
    expect(allLines.filter(({ question, limit }) => question === number && limit).length, `${number}`).toBeGreaterThan(
      0,
    );
  }
});

describe('bytes of the cache', () => {
  it('are 480 GB as nominally planned, and about 560, 253 and 203 as measured on Redis', () => {
    expect(figure('cacheBytes.nominal')).toBe(480e9);
    // What Redis 7.0.15 took for 100,000 lists, times 300M / 100,000; its table was a little smaller for each.
    near(figure('cacheBytes.u64'), 1866.7 * 300e6, 0.005);
    near(figure('cacheBytes.packed30'), 842.5 * 300e6, 0.005);
    near(figure('cacheBytes.pagesBare'), 675.8 * 300e6, 0.005);
    near(figure('cacheBytes.pages'), 205.7e9, 0.001);
    near(figure('cacheBytes.u64Expiring') - figure('cacheBytes.u64'), (32 + (8 * 2 ** 29) / 300e6) * 300e6, 1e-6);
  });

  it('are those of twice as many keys while two generations lie side by side', () => {
    const twice = figure('cacheBytes.u64', withInputs({ listeners: 600e6 }));
    expect(figure('cacheBytes.planned')).toBe(twice);
    near(twice, 2 * 1866.7 * 300e6, 0.005);
    const narrow = withInputs({ generations: 1, idBits: 30 });
    expect(figure('cacheBytes.planned', narrow)).toBe(figure('cacheBytes.packed30'));
    expect(figure('cacheBytes.nominal', narrow)).toBe(300e6 * 750);
  });

  it('are the sum over allocations, one by one, of lists as they are really encoded', () => {
    // jemalloc's classes written out, in the place of the closed form.
    const classes = [8];
    for (let size = 16; size <= 128; size += 16) classes.push(size);
    for (let power = 128; power < 2 ** 24; power *= 2)
      for (let i = 1; i <= 4; i++) classes.push(power + (i * power) / 4);
    const take = (bytes: number): number => classes.find((size) => size >= bytes)!;
    const string = (bytes: number): number =>
      take(bytes + (bytes < 32 ? 1 : bytes < 256 ? 3 : bytes < 65_536 ? 5 : 9) + 1);
    const tableOf = (keys: number): number => {
      let buckets = 4;
      while (buckets < keys) buckets *= 2;
      return 8 * buckets;
    };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 20, max: 400 }),
        fc.integer({ min: 4, max: 40 }),
        (listeners, slate, keyBytes) => {
          const inputs = withInputs({ listeners, slate, keyBytes });
          const ids = new Uint32Array(slate);
          const strings = (packing: typeof bits27 | typeof packings.u64): number => {
            let bytes = tableOf(listeners);
            for (let u = 0; u < listeners; u++) {
              bytes += 16 + string(encodeSlate({ generation: 1, tracks: ids }, packing).length) + string(keyBytes) + 32;
            }
            return bytes;
          };
          near(figure('cacheBytes.u64', inputs), strings(packings.u64), 1e-9);
          near(figure('cacheBytes.packed30', inputs), strings(packings.bits30), 1e-9);
          const layout = pageLayout(slate, bits27);
          const slot = encodeSlot({ generation: 1, tracks: ids }, layout).length;
          const perPage = Math.floor((327_670 - 1) / slot);
          let bytes = 0;
          let [pages, left] = [0, listeners];
          for (; left > 0; left -= perPage, pages++) bytes += 16 + string(perPage * slot + 1) + string(keyBytes) + 32;
          near(figure('cacheBytes.pages', inputs), bytes + tableOf(pages), 1e-9);
          expect(figure('flatFile.bytes', inputs)).toBe(listeners * slot);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('never go below what information theory asks for: 664.4 bytes for 200 of 100M in order', () => {
    expect(figure('cacheBytes.bound') / 300e6).toBeCloseTo(664.4, 1);
    // By counting: 5 · 4 · 3 ordered lists of 3 out of 5.
    expect(figure('cacheBytes.bound', withInputs({ listeners: 8, tracks: 5, slate: 3 }))).toBeCloseTo(Math.log2(60), 9);
    for (const id of ['nominal', 'u64', 'packed30', 'pages', 'pagesBare']) {
      expect(figure(`cacheBytes.${id}`)).toBeGreaterThan(figure('cacheBytes.bound'));
    }
  });
});

describe('shards', () => {
  it('are 65 as planned, 33 in place, 15 of 30-bit ids, 12 of pages', () => {
    expect(figure('shards.planned')).toBe(65);
    expect(figure('shards.planned', withInputs({ generations: 1 }))).toBe(33);
    expect(figure('shards.packed30')).toBe(15);
    expect(figure('shards.pages')).toBe(12);
    expect(figure('instances.planned')).toBe(130);
    near(figure('money.cachePerMonth'), 130 * 25 * 0.0067 * 730, 1e-9);
  });

  it('are as few as hold all lists, dealt one by one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400_000 }), fc.integer({ min: 100, max: 200 }), (lists, megabytes) => {
        const inputs = withInputs({ listeners: lists, shardBytes: 1e6 * megabytes });
        const sharded = { layout: u64Strings, lists, generations: 1 };
        // Deal lists to so many shards, round and round, until one is over; one more shard each time.
        const holds = (shards: number): boolean => {
          const fullest = Math.ceil(lists / shards);
          let buckets = 4;
          while (buckets < fullest) buckets *= 2;
          return fullest * (16 + 1792 + 16 + 32) + 8 * buckets <= (1e6 * megabytes * 0.75) / 1.08;
        };
        let shards = 1;
        while (!holds(shards)) shards++;
        expect(shardsNeeded(sharded, inputs)).toBe(shards);
      }),
      { numRuns: 200 },
    );
  });

  it('are never overfull, and one less would be', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2e9 }), fc.integer({ min: 1, max: 200 }), (lists, gigabytes) => {
        const inputs = withInputs({ listeners: lists, shardBytes: 1e9 * gigabytes });
        const sharded = { layout: u64Strings, lists, generations: 2 };
        const shards = shardsNeeded(sharded, inputs);
        expect(bytesPerShard(sharded, shards, inputs)).toBeLessThanOrEqual(usableBytes(inputs));
        if (shards > 1) expect(bytesPerShard(sharded, shards - 1, inputs)).toBeGreaterThan(usableBytes(inputs));
      }),
    );
  });

  it('grow with listeners, day by day', () => {
    const inputs = withInputs({ shards: 100, listenersGrowth: 0.3, horizonMonths: 18 });
    let listeners = inputs.listeners;
    for (let day = 0; day < 1.5 * 365; day++) listeners *= 1.3 ** (1 / 365);
    // 547.5 days are not whole: within half a day's growth.
    near(figure('shard.bytesAtHorizon', inputs), u64Strings.bytesOf(Math.ceil((2 * listeners) / 100), inputs), 1e-3);
  });

  it('share their table: 8 bytes of a key at a power of two, nearly 16 behind it', () => {
    const at = (keys: number): number =>
      figure('shard.tableBytesPerKey', withInputs({ listeners: keys, generations: 1, shards: 1 }));
    expect(at(2 ** 20)).toBe(8);
    expect(at(2 ** 20 + 1)).toBeCloseTo(16, 4);
    expect(figure('shard.keys', withInputs({ shards: 20 }))).toBe(30e6);
  });

  it('take lists and reads with them when they are lost', () => {
    const inputs = withInputs({ shards: 15 });
    expect(figure('loss.lists', inputs)).toBe(20e6);
    near(figure('loss.missesPerSecond', inputs), 41_667 / 15, 1e-4);
    near(figure('loss.cores', inputs), (2777.8 * 2 * 128 * (65_536 + 97_656)) / 10e9, 1e-3);
  });
});

describe('a refresh', () => {
  it('writes 3,472 lists a second, or in 33 to 56 minutes at 90,000 to 150,000', () => {
    expect(figure('refresh.setsPerSecond')).toBeCloseTo(3472.2, 1);
    expect(60 * figure('refresh.writeHours')).toBeCloseTo(55.6, 1);
    expect(60 * figure('refresh.writeHours', withInputs({ setsPerSecond: 150_000 }))).toBeCloseTo(33.3, 1);
  });

  it('sends the packets of every list, added up, once to the shard and once to each replica', () => {
    const inputs = withInputs({ listeners: 500, replicas: 2, slate: 50, idBits: 30 });
    let bytes = 0;
    for (let listener = 0; listener < 500; listener++) {
      const value = encodeSlate({ generation: 1, tracks: new Uint32Array(50) }, packings.bits30);
      for (let copy = 0; copy < 3; copy++) bytes += value.length + inputs.wireBytes;
    }
    expect(figure('refresh.networkBytes', inputs)).toBe(bytes);
    expect(figure('refresh.networkRate', inputs)).toBeCloseTo((8 * bytes) / (4 * 3600 * 1e9), 15);
  });

  it('takes as long as its parts, one after the other', () => {
    const parts = ['train.hours', 'audio.hoursPerRefresh', 'retrieval.exactHours', 'refresh.writeHours'];
    near(
      figure('refresh.hours'),
      parts.reduce((sum, id) => sum + figure(id), 0),
      1e-12,
    );
    near(
      figure('refresh.hoursApproximate'),
      figure('refresh.hours') - figure('retrieval.exactHours') + figure('retrieval.annHours'),
      1e-9,
    );
  });
});

it('reads are those of a day, spread over its hours, the busiest one three times the mean', () => {
  // A day of 24 hours, of which one is three times the mean and the others share the rest.
  const reads = 300e6 * 0.4 * 10;
  const mean = reads / 24;
  const hours = [3 * mean, ...Array.from({ length: 23 }, () => (reads - 3 * mean) / 23)];
  expect(hours.reduce((sum, hour) => sum + hour, 0)).toBeCloseTo(reads, 0);
  near(figure('reads.peakPerSecond'), Math.max(...hours) / 3600, 1e-12);
  near(figure('reads.peakBytesPerSecond'), (Math.max(...hours) / 3600) * (1609 + 70), 1e-12);
  expect(figure('flatFile.readsPerSecond')).toBe(figure('reads.peakPerSecond'));
});

describe('FLOP', () => {
  it('of exact and approximate retrieval are those that loops over small tables count', () => {
    const inputs = withInputs({ listeners: 7, tracks: 40, factors: 6, annLists: 8, annProbes: 2 });
    const dotFlops = (): number => {
      let flops = 0;
      for (let i = 0; i < 6; i++) flops += 2; // a product and a sum
      return flops;
    };
    let exact = 0;
    let approximate = 0;
    for (let user = 0; user < 7; user++) {
      for (let track = 0; track < 40; track++) exact += dotFlops();
      for (let cell = 0; cell < 8; cell++) approximate += dotFlops();
      for (let probe = 0; probe < 2; probe++) for (let track = 0; track < 40 / 8; track++) approximate += dotFlops();
    }
    for (let track = 0; track < 40; track++) for (let cell = 0; cell < 8; cell++) approximate += dotFlops();
    expect(figure('retrieval.exactFlops', inputs)).toBe(exact);
    expect(figure('retrieval.annFlops', inputs)).toBe(approximate);
    near(figure('retrieval.exactFlops'), 7.68e18, 1e-12);
    near(figure('retrieval.annFlops'), 1.253e16 + 2 * 1e8 * 65_536 * 128, 0.001);
  });

  it.each([1, 2, 3])(
    'of a sweep are those that the algorithm counts, with %d steps, up to terms of lower order',
    (cgSteps) => {
      const size = { listeners: 60, tracks: 40, tracksPerListener: 20, factors: 64, cgSteps };
      const counted = countSweep({ users: 60, tracks: 40, perUser: 20, k: 64, steps: cgSteps });
      near(figure('train.flopsPerSweep', withInputs(size)), counted, 0.05);
      near(
        figure('train.flopsPerSweepCholesky', withInputs(size)),
        countCholeskySweep({ users: 60, tracks: 40, perUser: 20, k: 64 }),
        0.12,
      );
    },
  );

  it('of a deep model are those that a forward and a backward pass count', () => {
    const layers = [12, 20, 9, 6];
    const weights = 2 * (12 * 20 + 20 * 9 + 9 * 6);
    const batch = 5;
    const examples = 30;
    let flops = 0;
    for (let example = 0; example < examples; example++) flops += countTwoTowerExample(layers, batch);
    const inputs = withInputs({
      listeners: 10,
      tracksPerListener: 3,
      deepWeights: weights,
      factors: 6,
      deepBatch: batch,
    });
    expect(figure('train.deepFlops', inputs)).toBe(flops);
    expect(figure('train.alsVsDeep', inputs)).toBeCloseTo(flops / (15 * figure('train.flopsPerSweep', inputs)), 12);
    expect(2 * (256 * 512 + 512 * 256 + 256 * 128)).toBe(nominal.deepWeights);
  });

  it('turn into hours by the rate and the cores', () => {
    near(figure('retrieval.exactCoreHours'), 213_333, 1e-5);
    near(figure('retrieval.exactHours'), 333.3, 1e-3);
    near(figure('retrieval.gpuHours', withInputs({ gpus: 1 })), 5.33, 1e-3);
    near(figure('retrieval.int8Hours'), 333.3 / 4, 1e-3);
    near(figure('retrieval.annHours') * 640, 348.1 + 46.6, 0.001);
    near(figure('train.hours') * 640, figure('train.coreHours'), 1e-12);
    near(figure('train.coreHours') * 3600 * 10e9, 15 * figure('train.flopsPerSweep'), 1e-12);
    near(figure('train.deepHours') * 640 * 3600 * 10e9, figure('train.deepFlops'), 1e-12);
  });
});

describe('what is stored', () => {
  it('has the size of the arrays that hold it', () => {
    const inputs = withInputs({ listeners: 50, tracks: 20, factors: 8, tracksPerListener: 4 });
    const pairs = 50 * 4;
    const factors = new Float32Array(50 * 8).byteLength + new Float32Array(20 * 8).byteLength;
    const byUser =
      new Uint32Array(51).byteLength + new Uint32Array(pairs).byteLength + new Float32Array(pairs).byteLength;
    const byTrack =
      new Uint32Array(21).byteLength + new Uint32Array(pairs).byteLength + new Float32Array(pairs).byteLength;
    expect(figure('factors.bytes', inputs)).toBe(factors);
    expect(figure('factors.float16Bytes', inputs)).toBe(new Uint16Array(70 * 8).byteLength);
    expect(figure('factors.int8Bytes', inputs)).toBe(new Int8Array(70 * 8).byteLength);
    expect(figure('train.bytes', inputs)).toBe(byUser + byTrack + factors);
    expect(figure('features.bytes', inputs)).toBe(20 * (new Float32Array(8).byteLength + 100));
    expect(figure('factors.bytes')).toBe(204.8e9);
  });

  it('grows day by day', () => {
    let [log, tracks, listeners] = [0, 0, 0];
    for (let day = 0; day < 90; day++) log += 300e6 * 25 * 16;
    expect(figure('log.bytesKept')).toBe(log);
    expect(figure('log.bytesPerDay')).toBe(log / 90);
    for (let day = 0; day < 365; day++) [tracks, listeners] = [tracks + 40_000, listeners + (300e6 * 0.1) / 365];
    expect(figure('factors.bytesPerDay') * 365).toBe(tracks * 128 * 4);
    near(figure('tracks.newShare') * 365, tracks / 100e6, 1e-12);
    near(figure('foldIn.cores') * 365, (listeners * 10 * 3 * 0.001) / 86_400, 1e-12);
  });

  it.each([
    [27, 134_217_728],
    [30, 1_073_741_824],
  ])('numbers tracks with %d bits until they run out', (bits, most) => {
    let [tracks, days] = [100e6, 0];
    while (tracks + 40_000 <= most) [tracks, days] = [tracks + 40_000, days + 1];
    near(figure(`ids.years${bits}`) * 365, days, 0.002);
    expect(figure(`ids.years${bits}`, withInputs({ tracks: most + 40_000 * 365 }))).toBe(-1);
  });
});

describe('listening to tracks', () => {
  it('takes its seconds, one track after the other', () => {
    const inputs = withInputs({ releasesPerDay: 300, refreshHours: 12, tracks: 1000 });
    let seconds = 0;
    for (let track = 0; track < 150; track++) seconds += 0.2 + 0.4;
    expect(figure('audio.coreHoursPerRefresh', inputs)).toBeCloseTo(seconds / 3600, 12);
    expect(figure('audio.hoursPerRefresh', inputs)).toBeCloseTo(seconds / 3600 / 640, 12);
    expect(figure('audio.backCatalogueCoreHours', inputs)).toBeCloseTo((1000 * 0.6) / 3600, 12);
    expect(figure('audio.backCatalogueBytes')).toBe(100e12);
  });

  it('waits for the slower of cores and link', () => {
    near(figure('audio.backCatalogueHours'), 26.04, 1e-3); // 16,667 core-hours on 640
    near(figure('audio.backCatalogueHours', withInputs({ cores: 6400 })), 22.2, 2e-3); // 100 TB at 10 Gbit/s
  });
});

describe('money', () => {
  it('of a month is that of its refreshes, one after the other', () => {
    let dollars = 0;
    const perRefresh = figure('refresh.hours') - figure('refresh.writeHours');
    for (let hour = 0; hour + 24 <= 24 * 365; hour += 24) dollars += perRefresh * 640 * 0.04;
    near(figure('money.computePerMonth') * 12, dollars, 1e-9);
    near(figure('money.perMonth'), figure('money.cachePerMonth') + figure('money.computePerMonth'), 1e-12);
  });

  it('is saved by lists for active listeners as it is saved by having fewer listeners, less the lists made on a miss', () => {
    const inputs = withInputs({ replicas: 0, shardBytes: 2e9 });
    const shards = (listeners: number): number => figure('shards.packed30', withInputs({ ...inputs, listeners }));
    const index = (2 * 100e6 * 65_536 * 128) / 10e9 / 3600; // is made whoever has a list
    const list = (figure('retrieval.annHours', inputs) * 640 - index) * 0.04 * (1 / 300e6);
    const memory = (shards(300e6) - shards(300e6 * 0.757)) * 2 * 0.0067 * 730;
    let [notMade, missed] = [0, 0];
    for (let day = 0; day < 365; day++) {
      notMade += 300e6 * (1 - 0.757);
      missed += 300e6 * 0.4 * (1 - 0.958);
    }
    near(figure('activeOnly.savedPerMonth', inputs), memory + ((notMade - missed) / 12) * list, 1e-9);
  });
});
