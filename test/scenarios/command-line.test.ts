import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../../scenarios/command-line.ts';

describe('the command line in a manifest', () => {
  it.each([
    [['--redis', 'redis://user:hunter2@localhost:6379/1']],
    [['--redis=redis://:hunter2@localhost']],
    [['--redis', 'REDISS://:hunter2@localhost']],
  ])('holds no password: %j', (words) => {
    const line = commandLine(['run', 'micro', ...words]);
    expect(line).not.toContain('hunter2');
    expect(line).toContain('localhost');
  });

  it('means the same words to a shell', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), { maxLength: 5 }), (words) => {
        fc.pre(words.every((word) => !/redis/i.test(word)));
        const line = commandLine(words).replace('npx dubplate', "printf '%s\\n'");
        const heard = execFileSync('sh', ['-c', line], { encoding: 'utf8' });
        expect(heard).toBe(words.length === 0 ? '\n' : words.map((word) => `${word}\n`).join(''));
      }),
      { numRuns: 40 },
    );
  });
});
