import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkOutputFile, checkOutputPlace } from '../../scenarios/output-path.ts';
import { runTiny, say } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-output-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => join(folder, ...names);
mkdirSync(at('there'));
writeFileSync(at('file'), 'precious');
writeFileSync(at('plays.tsv'), 'a\tx\nb\ty\n');

describe('the path of an output', () => {
  it('is fine where it can be made or replaced, and nothing is made yet', () => {
    const before = readdirSync(folder, { recursive: true });
    for (const path of ['new.json', 'file', join('there', 'x'), join('to', 'be', 'made')]) checkOutputFile(at(path));
    for (const path of ['there', 'new', join('to', 'be', 'made')]) checkOutputPlace(at(path));
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  });

  it('is refused where it is a folder, or below a file', () => {
    expect(() => checkOutputFile(at('there'))).toThrow(/Cannot write --out .*there is a folder/);
    expect(() => checkOutputFile(at('file', 'x', 'y'), '--to')).toThrow(/Cannot write --to .*file is not a folder/);
    expect(() => checkOutputPlace(at('file'))).toThrow(/file is not a folder/);
  });

  it('is told as what it is where nobody gave it: the names beside embeddings', async () => {
    mkdirSync(at('sounds.txt'));
    writeFileSync(at('x.wav'), '');
    const { code, stderr } = await say('embed', at('x.wav'), '--out', at('sounds.npy'));
    expect(stderr).toContain(
      `Cannot write the names beside --out, ${at('sounds.txt')}: ${at('sounds.txt')} is a folder`,
    );
    expect(code).toBe(2);
  });

  it.runIf(process.getuid?.() !== 0)('is refused where nothing may be written', () => {
    mkdirSync(at('closed'));
    chmodSync(at('closed'), 0o500);
    expect(() => checkOutputFile(at('closed', 'x'))).toThrow(/Cannot write --out .*closed/);
  });
});

describe('every verb that writes refuses its output before it works', () => {
  beforeAll(() => runTiny(at('run')), 60_000);

  // Without the check first, most of these would stumble over their input, which is not there.
  it.each([
    ['calibrate', '--log', at('none.csv'), '--out', at('there')],
    ['plan', '--from', at('none'), '--out', at('there')],
    ['embed', at('plays.tsv'), '--out', at('file', 'x.npy')],
    ['train', '--interactions', at('none.tsv'), '--out', at('file', 'model')],
    ['run', 'micro', '--out', at('file', 'run')],
    ['export', at('run'), '--out', at('file', 'tables')],
    ['bench', 'als', '--users', '5', '--export', at('file', 'data')],
  ])('%s', async (...words) => {
    const before = readdirSync(folder, { recursive: true });
    const { code, stdout, stderr } = await say(...words);
    expect(stderr).toMatch(/^error: Cannot write --(out|export) .*is (not )?a folder\n {2}→ /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  });
});
