import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { AtomicFile, linkFile, writeFileAtomic } from '../../../engine/core/files.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a second name for a file', () => {
  it('takes the place of what was there, and needs no room where there are links', () => {
    writeFileAtomic(join(folder, 'links', 'one'), 'one');
    writeFileAtomic(join(folder, 'links', 'two'), 'two');
    linkFile(join(folder, 'links', 'one'), join(folder, 'links', 'two'));
    expect(readFileSync(join(folder, 'links', 'two'), 'utf8')).toBe('one');
    expect(statSync(join(folder, 'links', 'two')).nlink).toBe(2);
    writeFileAtomic(join(folder, 'links', 'one'), 'another');
    expect(readFileSync(join(folder, 'links', 'two'), 'utf8')).toBe('one');
  });

  it('is a copy on another file system', () => {
    const there = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : folder, 'dubplate-files-'));
    try {
      linkFile(join(folder, 'links', 'two'), join(there, 'three'));
      expect(readFileSync(join(there, 'three'), 'utf8')).toBe('one');
    } finally {
      rmSync(there, { recursive: true });
    }
  });
});

describe('a file that is written atomically', () => {
  it('leaves the old file whole and no temporary file when writing fails', () => {
    const path = join(folder, 'atomic', 'file.txt');
    writeFileAtomic(path, 'old');
    const unwritable = { length: 5 } as unknown as Uint8Array;
    expect(() => writeFileAtomic(path, unwritable)).toThrow();
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(join(folder, 'atomic'))).toEqual(['file.txt']);
  });

  it('is there when it is finished, and takes nothing more', () => {
    const path = join(folder, 'pieces', 'file.txt');
    const file = new AtomicFile(path);
    file.write(Buffer.from('one '));
    file.write(Buffer.from('two'));
    expect(readdirSync(join(folder, 'pieces'))).not.toContain('file.txt');
    file.finish();
    expect(readFileSync(path, 'utf8')).toBe('one two');
    expect(() => file.write(Buffer.from('!'))).toThrow(/after its end/);
  });

  it('says that there is no room, and where, and leaves nothing behind', () => {
    const where = join(folder, 'full');
    mkdirSync(where);
    const files = pathToFileURL(join(import.meta.dirname, '../../../engine/core/files.ts')).href;
    const script = `
      const { writeFileAtomic } = await import(${JSON.stringify(files)});
      try { writeFileAtomic(${JSON.stringify(join(where, 'large'))}, new Uint8Array(1e5)); }
      catch ({ code, message }) { console.log(JSON.stringify({ code, message })); }`;
    const child = spawnSync('bash', [
      '-c',
      'ulimit -f 16; exec "$0" --import tsx --input-type=module -e "$1"',
      process.execPath,
      script,
    ]);
    const { code, message } = JSON.parse(child.stdout.toString());
    expect(code).toBe('DISK_FULL');
    expect(message).toMatch(/large: a file may not be that large here.*; [\d.]+ MB are free there$/);
    expect(readdirSync(where)).toEqual([]);
  });
});
