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
beforeAll(
  () => runTiny(whole, { expect: [{ metric: 'recall@10', segment: 'all', arm: 'charts', atLeast: 1.1 }] }),
  60_000,
);

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
const timeOf = (rows: { metric: string; value: number }[]): { value: number } =>
  rows.find(({ metric }) => metric === 'refreshSeconds')!;
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

  /** Changes what a JSON file says. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test changes needs no type
  const edit = (change: (content: any) => void) => (path: string) => {
    const content = JSON.parse(readFileSync(path, 'utf8'));
    change(content);
    writeFileSync(path, JSON.stringify(content));
  };

  it.each<[string, string, (path: string) => void, RegExp]>([
    ['a figure was changed', 'metrics.json', edit(({ rows }) => rows[0].value++), /its figures are not those/],
    ['a mean was changed', 'metrics.json', edit(({ summary }) => (summary[3].mean *= 1.0001)), /its summary is not/],
    ['a mean was added', 'metrics.json', edit(({ summary }) => summary.push(summary[0])), /its summary is not/],
    ['a time was changed', 'metrics.json', edit(({ rows }) => timeOf(rows).value++), /its summary is not/],
    [
      'an expectation was met afterwards',
      'manifest.json',
      edit(({ expectations }) => (expectations[0].isMet = true)),
      /its expectations are not judged by the figures/,
    ],
    [
      'what was expected was changed',
      'manifest.json',
      edit(({ scenario }) => (scenario.expect[0].atLeast = 0)),
      /its exp/,
    ],
    ['the page was deleted', 'report.html', rmSync, /is missing; `dubplate report .*` writes it again/],
    ['the text was deleted', 'report.md', rmSync, /is missing/],
    ['a comparison of caches was added', 'cache-sizing.json', (path) => writeFileSync(path, '{}'), /does not belong/],
  ])('is refused, the file named, where %s', (_, file, spoil, message) => {
    const path = spoilt(file, spoil);
    expect(() => checkWholeRun(path)).toThrow(
      expect.objectContaining({
        details: { problems: [expect.stringMatching(new RegExp(`^${file}: ${message.source}`))] },
      }),
    );
  });

  it('has a manifest that is one, or it is said what is wrong with it', () => {
    const spoil = edit((manifest) => {
      manifest.arms = 'charts';
      delete manifest.scenario.expect[0].atLeast;
      manifest.scenario.expect[0].atleast = 1;
    });
    expect(() => checkWholeRun(spoilt('manifest.json', spoil))).toThrow(
      expect.objectContaining({
        details: {
          problems: [
            'manifest.json: arms: found "charts", expected a list such as [1,2]',
            'manifest.json: scenario.expect.0.atLeast: is missing, expected a number',
            "manifest.json: scenario.expect.0.atleast: no such option; did you mean 'scenario.expect.0.atLeast'?",
          ],
        },
      }),
    );
  });

  it('is whole where means differ in their last digits, as those of another processor may', () => {
    const path = spoilt(
      'metrics.json',
      edit(({ summary }) => {
        for (const row of summary) row.mean *= 1 + 2e-16;
      }),
    );
    expect(checkWholeRun(path).files).toBeGreaterThan(0);
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
