import { InvalidArgumentError } from 'commander';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountFlag, countFlag, countListFlag, hoursFlag, wholeFlag } from '../../scenarios/number-flags.ts';
import { parseSizes } from '../../scenarios/replay/cache-sizes.ts';
import { say } from '../support/tiny-run.ts';

describe('a count', () => {
  it.each([
    ['5000', 5000],
    ['2e4', 20_000],
    ['20k', 20_000],
    ['1.5k', 1500],
    ['0.3M', 300_000],
    ['1e9', 1_000_000_000],
    [' 7 ', 7],
  ])('may be written as %s', (text, count) => {
    expect(countFlag(text)).toBe(count);
    expect(wholeFlag(text)).toBe(count);
    expect(parseSizes(text)).toEqual([{ keys: count }]);
  });

  it.each(['', 'many', '1.5', '20 kilos', '0x10', '1e-3', '1e400', 'NaN', '--5'])('is not %s', (text) => {
    expect(() => countFlag(text)).toThrow(InvalidArgumentError);
    expect(() => wholeFlag(text)).toThrow(InvalidArgumentError);
    expect(() => parseSizes(text)).toThrow(/is no size of a cache/);
  });

  it('is the same number in digits, in powers of ten, and with a letter', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (thousands) => {
        const texts = [`${thousands}000`, `${thousands}e3`, `${thousands}k`, `${thousands / 1000}M`];
        for (const text of texts) expect(countFlag(text)).toBe(1000 * thousands);
      }),
    );
  });

  it('is at least 1, where a schema does not say otherwise', () => {
    for (const text of ['0', '-5', '2e9']) expect(() => countFlag(text)).toThrow(/from 1 to 1000000000/);
    expect([wholeFlag('0'), wholeFlag('-5')]).toEqual([0, -5]);
    expect(countListFlag('2M,500k,2e6')).toEqual([500_000, 2_000_000]);
  });

  it('is read alike by every verb', async () => {
    const explain = async (count: string): Promise<unknown> =>
      JSON.parse((await say('explain', 'cold-start', '--listeners', count, '--json')).stdout).scenario.world.cohorts;
    expect(await explain('20k')).toEqual(await explain('20000'));
    expect(await explain('2e4')).toEqual(await explain('20000'));
    const bench = await say('bench', 'cache', '--listeners', '0.2k', '--tracks', '1e3', '--json', '--quiet');
    expect(JSON.parse(bench.stdout).rows[0].size).toBe('u64, 200 of 1k tracks');
  });
});

describe('an amount', () => {
  it.each([
    ['0.5', 0.5],
    ['0', 0],
    ['1e-3', 0.001],
    ['2.5k', 2500],
    ['-3', -3],
  ])('may be written as %s', (text, amount) => expect(amountFlag(text)).toBe(amount));

  it.each(['', 'many', '0x10', '1e400', 'NaN', 'Infinity', '3 a day'])('is not %s', (text) => {
    expect(() => amountFlag(text)).toThrow(InvalidArgumentError);
  });

  it('of releases a day is a mean, whose range the schema says', async () => {
    const explain = (...words: string[]) => say('explain', 'cold-start', '--releases-per-day', ...words);
    const { stdout } = await explain('0.5', '--json');
    expect(JSON.parse(stdout).scenario.world.releasesPerDay).toBe(0.5);
    expect(await explain('-1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('world.releasesPerDay: found -1, expected at least 0'),
    });
  });
});

describe('hours', () => {
  it.each([
    ['24', 24],
    ['24h', 24],
    ['7d', 168],
    ['30min', 0.5],
    ['0.25', 0.25],
  ])('may be written as %s', (text, hours) => expect(hoursFlag(text)).toBe(hours));

  it.each(['', 'soon', '0x10', '0', '-1', '1e400', '24s', '20k'])('are not %s', (text) => {
    expect(() => hoursFlag(text)).toThrow(InvalidArgumentError);
  });

  it('are read alike by every verb', async () => {
    const explain = async (hours: string): Promise<unknown> =>
      JSON.parse((await say('explain', 'micro', '--ttl', hours, '--json')).stdout).scenario.arms;
    expect(await explain('1.5d')).toEqual(await explain('36'));
    const plan = async (hours: string): Promise<unknown> =>
      JSON.parse((await say('plan', '--refresh-hours', hours, '--json')).stdout).lines;
    expect(await plan('1.5d')).toEqual(await plan('36h'));
  });
});
