import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DubplateError } from '../../engine/core/errors.ts';
import { inputNames, planInputs, specOf, valuesOf, withinSpec } from '../../scenarios/capacity/inputs.ts';
import { formatAmount, parseAmount } from '../../scenarios/units.ts';

const refused = (texts: Parameters<typeof planInputs>[0]): string => {
  try {
    planInputs(texts);
  } catch (error) {
    expect(error).toBeInstanceOf(DubplateError);
    expect((error as DubplateError).code).toBe('INVALID_OPTIONS');
    return (error as DubplateError).message;
  }
  throw new Error('nothing was refused');
};

describe('amounts', () => {
  it.each([
    ['300M', 'count', 300e6],
    ['40k', 'count', 40_000],
    ['1.2B', 'count', 1.2e9],
    ['0.3 M', 'count', 300_000],
    ['1e8', 'count', 1e8],
    ['40%', 'share', 0.4],
    ['0.4', 'share', 0.4],
    ['24h', 'h', 24],
    ['7d', 'h', 168],
    ['30min', 'h', 0.5],
    ['25GB', 'B', 25e9],
    ['25GiB', 'B', 25 * 2 ** 30],
    ['90k/s', '1/s', 90_000],
    ['400TFLOP/s', 'GFLOP/s', 400_000],
    ['10Gbit/s', 'Gbit/s', 10],
    ['0.2s', 's', 0.2],
    ['$0.0067/GB-h', '$/GB-h', 0.0067],
  ] as const)('%s is read as %s: %d', (text, unit, value) => {
    expect(parseAmount(text, unit)?.value).toBeCloseTo(value, 9);
  });

  it('keeps the day of a price', () => {
    expect(parseAmount('$0.005/GB-h@2026-02-28', '$/GB-h')).toEqual({ value: 0.005, date: '2026-02-28' });
  });

  it.each([
    ['300 Mio', 'count'],
    ['300m', 'count'],
    ['3GB', 'count'],
    ['12,5k', 'count'],
    ['', 'count'],
    ['many', 'count'],
    ['toString', 'count'],
    ['1toString', 'count'],
    ['24hours', 'h'],
    ['25Gb', 'B'],
    ['$1/core-h', '$/GB-h'],
    ['$1/GB-h@2026-02-30', '$/GB-h'],
    ['$1/GB-h@2026-13-01', '$/GB-h'],
    ['$1/GB-h@2026-00-10', '$/GB-h'],
    ['$1/GB-h@yesterday', '$/GB-h'],
    ['Infinity', 'count'],
    ['NaN', 'count'],
  ] as const)('%j is no amount in %s', (text, unit) => {
    expect(parseAmount(text, unit)).toBeUndefined();
  });

  it('are read back as they were written, by whichever unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), fc.constantFrom('', 'k', 'M', 'G', 'T'), (n, suffix) => {
        const scale = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 }[suffix]!;
        expect(parseAmount(`${n}${suffix}`, 'count')).toEqual({ value: n * scale });
      }),
    );
  });

  it.each([
    [480e9, 'B', '480 GB'],
    [999.96e6, 'B', '1.00 GB'],
    [12, 'B', '12.0 B'],
    [5e18, 'B', '5,000 PB'],
    [3472.2, '1/s', '3,472 /s'],
    [0.4, 'share', '40.0 %'],
    [7.68e18, 'FLOP', '7.68e18 FLOP'],
    [65, 'shards', '65 shards'],
    [Number.NaN, 'B', '-'],
  ] as const)('%d in %s is shown as %s', (value, unit, text) => {
    expect(formatAmount(value, unit)).toBe(text);
  });
});

describe('the inputs of a plan', () => {
  it('are given, measured or assumed: a flag goes before a bench, that before the default', () => {
    const measured = { value: 25, low: 20, high: 30, source: 'bench' };
    const inputs = planInputs({ listeners: '1M', ramPrice: '$0.01/GB-h@2026-01-02' }, { alsRate: measured });
    expect(inputs.listeners).toMatchObject({ value: 1e6, provenance: 'given', source: '--listeners' });
    expect(inputs.ramPrice).toMatchObject({
      ...{ provenance: 'given', source: '--ram-price as of 2026-01-02', date: '2026-01-02' },
    });
    expect(planInputs({ ramPrice: '$0.01/GB-h' }).ramPrice).not.toHaveProperty('date');
    expect(inputs.alsRate).toEqual({ ...measured, provenance: 'measured' });
    expect(inputs.dailyActive.provenance).toBe('assumed');
    expect(planInputs({ alsRate: '12' }, { alsRate: measured }).alsRate).toMatchObject({
      value: 12,
      provenance: 'given',
    });
  });

  it('train the deep model as fast as ALS, unless its rate is given', () => {
    const measured = { alsRate: { value: 21.5, low: 20, high: 23, source: 'bench' } };
    expect(planInputs({}, measured).deepRate).toMatchObject({
      ...{ value: 21.5, low: 10.75, high: 86, provenance: 'assumed', source: 'as fast as ALS' },
    });
    expect(planInputs({ alsRate: '30' }, measured).deepRate.value).toBe(30);
    expect(planInputs({ deepRate: '5' }, measured).deepRate).toMatchObject({ value: 5, provenance: 'given' });
    expect(planInputs({}).deepRate.value).toBe(planInputs({}).alsRate.value);
  });

  it('have defaults within their own ranges, with a source', () => {
    const inputs = planInputs({});
    for (const name of inputNames) {
      const { value, low, high, source } = inputs[name];
      if (name !== 'shards') expect(withinSpec(name, value), name).toBe(value);
      expect(low, name).toBeLessThanOrEqual(value);
      expect(high, name).toBeGreaterThanOrEqual(value);
      expect(source, name).not.toBe('');
      expect(specOf(name).about, name).not.toBe('');
    }
    expect(valuesOf(inputs)).toMatchObject({ listeners: 300e6, tracks: 100e6, releasesPerDay: 40_000, slate: 200 });
  });

  it.each([
    ['zero', { listeners: '0' }, /listeners: found '0', expected at least 1/],
    ['negative', { tracks: '-5' }, /tracks: found '-5', expected at least 1/],
    ['a misspelt unit', { listeners: '300 Mio' }, /listeners: found '300 Mio', expected a number with k, M, G, B/],
    ['a broken count', { slate: '20.5' }, /slate: found '20.5', expected a whole number/],
    ['a share above all', { dailyActive: '140%' }, /dailyActive: found '140%', expected at most 100 %/],
    [
      'a list longer than the catalogue',
      { tracks: '100' },
      /slate: found a list of 200 tracks, expected at most the 100/,
    ],
    [
      'ids too narrow',
      { tracks: '200M', idBits: '27' },
      /tracks: found 200000000, expected at most 134217728: ids of 27 bits/,
    ],
    ['no such width', { idBits: '40' }, /idBits: found 40, expected 27, 30, 32 or 64/],
    [
      'ids too narrow for any codec',
      { tracks: '5G' },
      /expected at most 4294967295: ids of 64 bits, of which the codec uses 32/,
    ],
    [
      'replicas without shards',
      { replicas: '1', shards: '0' },
      /shards: found '0', expected at least 1, since a replica/,
    ],
    ['writing for longer than a refresh', { writeHours: '30' }, /writeHours: found 30, expected at most the 24 hours/],
    [
      'more probes than cells',
      { annProbes: '100', annLists: '10' },
      /annProbes: found 100, expected at most the 10 cells/,
    ],
  ] as const)('refuse %s', (_, texts, message) => {
    expect(refused(texts)).toMatch(message);
  });

  it('name everything that is wrong at once', () => {
    const message = refused({ listeners: '0', tracks: 'x', ramPrice: 'cheap' });
    expect(message).toMatch(/3 problems/);
    for (const name of ['listeners', 'tracks', 'ramPrice']) expect(message).toContain(`${name}: found`);
  });
});
