import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repeatCommand } from '../../reports/repeat.ts';
import { runOf } from './run-fixture.ts';

const { manifest } = runOf([]);

describe('repeatCommand', () => {
  it('repeats the sizes of the resolved scenario', () => {
    const scenario = {
      name: 'cold-start',
      question: '',
      family: ['latent', 'acoustic'],
      worlds: 3,
      days: 8,
      world: { tracks: 1500, releasesPerDay: 30, cohorts: { a: { listeners: 800 }, b: { listeners: 200 } } },
    };
    expect(repeatCommand({ ...manifest, scenario, seed: '7' })).toBe(
      'npx dubplate run cold-start --seed 7 --worlds 3 --family latent,acoustic --days 8 --listeners 1000 --tracks 1500 --releases-per-day 30',
    );
  });

  it('prefers the command that the run was started with', () => {
    expect(repeatCommand({ ...manifest, command: 'npx dubplate run micro --set a=1' })).toBe(
      'npx dubplate run micro --set a=1',
    );
  });

  it('hands a shell the very names, whatever is in them', () => {
    for (const seed of ["it's", '$(touch x)', '`id`', 'a b', ';ls', '"', '\\', '!', 'é']) {
      const command = repeatCommand({ ...manifest, seed }).replace('npx dubplate run', 'printf "%s\\n"');
      expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe(`test\n--seed\n${seed}\n`);
    }
  });

  it('is one line', () => {
    fc.assert(fc.property(fc.string(), (seed) => !/[\r\n]/.test(repeatCommand({ ...manifest, seed }))));
  });
});
