import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkWholeRun } from '../../scenarios/whole-run.ts';
import { readEvents } from '../../sim/log.ts';
import { runTiny, say } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-whole-'));
afterAll(() => rmSync(folder, { recursive: true }));
const whole = join(folder, 'run');
beforeAll(() => runTiny(whole), 60_000);

const world = join('charts', 'latent-0');
let copies = 0;
/** A copy of the run in which something was done to one file. */
function spoilt(file: string, spoil: (path: string) => void): string {
  const path = join(folder, `copy-${copies++}`);
  cpSync(whole, path, { recursive: true });
  spoil(join(path, file));
  return path;
}

/** Flips the lowest bit of one byte. */
const flip = (at: number) => (path: string) => {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1;
  writeFileSync(path, bytes);
};
const halve = (path: string): void => truncateSync(path, Math.floor(readFileSync(path).length / 2));
const withoutDayDigests = (path: string): void => {
  const { dayDigests: _, ...manifest } = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify(manifest));
};

/** Where the times of the first rows of a log lie in its file. */
function placeOfTimes(file: string): number {
  const path = join(whole, file);
  const { buffer, byteOffset } = readEvents(path).time.subarray(0, 8);
  return readFileSync(path).indexOf(Buffer.from(buffer, byteOffset, 32));
}

describe('a run that is validated', () => {
  it('is whole as it was written, and in a copy; what else stands beside is named', async () => {
    expect(checkWholeRun(whole)).toEqual({ files: 2 * (5 + 2 + 4 + 4 + 4), beside: [] });
    const copy = spoilt('notes.txt', (path) => writeFileSync(path, 'mine'));
    const { code, stdout } = await say('validate', copy);
    expect(stdout).toMatch(/^ok .* files whole; no part of it: notes\.txt\n$/);
    expect(code).toBe(0);
  });

  const day = join(world, 'events', 'day=-0002.arrow');
  const factors = join(world, 'model', 'user_factors.npy');
  it.each<[string, string, (path: string) => void, RegExp]>([
    ['a bit of the log is flipped', day, (path) => flip(placeOfTimes(day))(path), /its events are not those/],
    ['a day is cut in half', day, halve, /cannot be read/],
    ['a day is missing', day, rmSync, /is missing/],
    ['a day of a longer run is left', join(world, 'events', 'day=0099.arrow'), touch, /does not belong/],
    ['a piece of a file is left', `${day}.12.tmp`, touch, /does not belong/],
    ['a bit of a factor is flipped', factors, (path) => flip(200)(path), /are not those that the run wrote/],
    ['factors are cut in half', factors, halve, /cannot be read/],
    ['a table is cut in half', join(world, 'tracks.arrow'), halve, /cannot be read/],
    ['a shadow session is missing', join(world, 'truth', 'shadow', 'day=0001.arrow'), rmSync, /is missing/],
    ['a matrix of the truth is cut in half', join(world, 'truth', 'hidden_taste.npy'), halve, /cannot be read/],
    ['another world is left', join('charts', 'latent-9'), touch, /is no world of the run/],
  ])('is refused, the file named, where %s', async (_, file, spoil, message) => {
    const path = spoilt(file, spoil);
    const { code, stdout } = await say('validate', path);
    const lines = stdout.split('\n').filter((line) => line.startsWith('  - '));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(file);
    expect(lines[0]).toMatch(message);
    expect(code).toBe(2);
  });

  it('is refused where a figure was changed', () => {
    const raise = (path: string): void => {
      const metrics = JSON.parse(readFileSync(path, 'utf8'));
      metrics.rows[0].value += 1;
      writeFileSync(path, JSON.stringify(metrics));
    };
    expect(() => checkWholeRun(spoilt('metrics.json', raise))).toThrow('metrics.json: its figures are not those');
  });

  it('is held against the digest of its whole log where an older version noted none of its days', () => {
    expect(checkWholeRun(spoilt('manifest.json', withoutDayDigests)).files).toBeGreaterThan(0);
    const changed = spoilt('manifest.json', withoutDayDigests);
    flip(placeOfTimes(day))(join(changed, day));
    expect(() => checkWholeRun(changed)).toThrow(/events: one of the 5 days is not what the run wrote/);
  });
});

function touch(path: string): void {
  writeFileSync(path, '');
}
