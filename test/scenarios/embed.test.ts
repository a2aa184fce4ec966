import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeAudio } from '../../engine/audio/decode.ts';
import { loadEncoder } from '../../engine/audio/encoder.ts';
import { readRecording } from '../../engine/audio/recording.ts';
import { readNpy } from '../../engine/core/npy.ts';
import { embedCommand } from '../../scenarios/commands/embed.ts';
import { standardEncoder, standardEncoderPath } from '../../scenarios/standard-encoder.ts';
import { flacFile, wavFile } from '../engine/audio/sound-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-embed-'));
const encoder = join(folder, 'cache', 'encoder.onnx');
const at = (name: string): string => join(folder, name);
/** A tone that is struck four times a second. */
const tone = (hz: number, seconds: number): Float32Array =>
  Float32Array.from(
    { length: 8000 * seconds },
    (_, i) => 0.3 * Math.exp(-(i % 2000) / 300) * Math.sin((2 * Math.PI * hz * i) / 8000),
  );

beforeAll(async () => {
  const training = { tracks: 8, epochs: 1, batch: 4 };
  await (await standardEncoder(() => {}, { path: encoder, training })).close();
  mkdirSync(at('album/disc 2'), { recursive: true });
  writeFileSync(at('album/b.wav'), wavFile([tone(440, 2)], 8000));
  writeFileSync(at('album/disc 2/a.FLAC'), flacFile(tone(220, 3)));
  writeFileSync(at('album/cover.txt'), 'not a sound');
  writeFileSync(at('broken.wav'), 'not a sound');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** Run the verb; what it printed and the exit code it set. */
async function run(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0);
  await embedCommand()
    .exitOverride()
    .parseAsync(['node', 'embed', '--encoder', encoder, ...args]);
  return { out: out.join(''), err: err.join(''), exitCode: process.exitCode };
}

describe('dubplate embed', () => {
  it('prints one line per sound file of a folder, by name, with length, tempo, key and the five attributes', async () => {
    const { out, exitCode } = await run(at('album'), '--quiet');
    const lines = out.trimEnd().split('\n');
    expect(lines[0]!.split(/\s{2,}/)).toEqual([
      'file',
      'seconds',
      'bpm',
      'key',
      'energy',
      'brightness',
      'envelope',
      'odd/even',
      'modulation',
    ]);
    expect(lines.length).toBe(3);
    expect(lines[1]).toMatch(/b\.wav +2\.0 +\d+\.\d {2}[A-G][b#]? m\w+( +\d\.\d\d){5}$/);
    expect(lines[2]).toMatch(/a\.FLAC +3\.0 /);
    expect(exitCode).toBeUndefined();
  });

  it('hears the others when one file is bad, names it at the end, and exits with 2', async () => {
    const { out, err, exitCode } = await run(at('broken.wav'), at('album/b.wav'), at('missing.wav'), '--quiet');
    expect(out.trimEnd().split('\n').length).toBe(2);
    expect(err).toContain(at('broken.wav'));
    expect(err).toContain(at('missing.wav'));
    expect(err).toContain('2 of 3 files');
    expect(exitCode).toBe(2);
  });

  it('writes embeddings and names, row for row, and leaves nothing else behind', async () => {
    await run(at('album'), at('broken.wav'), '--out', at('out/sounds.npy'), '--quiet');
    expect(readdirSync(at('out')).sort()).toEqual(['sounds.npy', 'sounds.txt']);
    const names = readFileSync(at('out/sounds.txt'), 'utf8').trimEnd().split('\n');
    expect(names).toEqual([at('album/b.wav'), at('album/disc 2/a.FLAC')]);
    const matrix = readNpy(at('out/sounds.npy'));
    const loaded = await loadEncoder(encoder);
    expect([matrix.rows, matrix.cols]).toEqual([2, loaded.dim]);
    const { embedding } = await readRecording(loaded, decodeAudio(names[1]!));
    expect(matrix.data.subarray(loaded.dim)).toEqual(embedding);
    await loaded.close();
  });

  it('prints JSON with everything, failures included', async () => {
    const { out, exitCode } = await run(at('album/b.wav'), at('broken.wav'), '--json', '--quiet');
    const { schema, rows, failed } = JSON.parse(out);
    expect(schema).toBe(1);
    expect(rows).toMatchObject([{ file: at('album/b.wav'), seconds: 2 }]);
    expect(rows[0].tempoBpm).toBeGreaterThan(50);
    expect(rows[0].embedding.length).toBe(14);
    expect(failed).toMatchObject([{ file: at('broken.wav'), code: 'INVALID_AUDIO' }]);
    expect(exitCode).toBe(2);
  });

  it('says what has no pulse, and hears it all the same: no bpm, and an embedding of numbers', async () => {
    const second = (value: (i: number) => number): Float32Array =>
      Float32Array.from({ length: 8000 }, (_, i) => value(i));
    const odd: Record<string, Uint8Array> = {
      'silence.wav': wavFile([second(() => 0)], 8000),
      'constant.wav': wavFile([second(() => 0.7)], 8000),
      'constant at 44.1 kHz.wav': wavFile([new Float32Array(441_000).fill(-1)], 44_100),
      'clipped.wav': wavFile([second((i) => (i % 32 < 16 ? 1 : -1))], 8000),
      'one sample.wav': wavFile([Float32Array.of(1)], 8000),
      'one stroke.flac': flacFile(tone(440, 1).subarray(0, 2000)),
      'six channels.wav': wavFile(Array(6).fill(new Float32Array(96_000).fill(0.1)), 96_000),
      'nearly nothing.wav': wavFile([second((i) => 1e-40 * (i % 7))], 8000, { float: true }),
    };
    mkdirSync(at('odd'));
    for (const [name, bytes] of Object.entries(odd)) writeFileSync(at(`odd/${name}`), bytes);
    const { out, err, exitCode } = await run(at('odd'), '--json');
    const { rows } = JSON.parse(out);
    expect(rows.map(({ file }: { file: string }) => basename(file)).sort()).toEqual(Object.keys(odd).sort());
    for (const { file, tempoBpm, embedding, energy } of rows) {
      expect(tempoBpm, file).toBeNull();
      expect([...embedding, energy].every(Number.isFinite), file).toBe(true);
    }
    expect(err).toContain('Heard 8 files; 8 without a pulse, so without a bpm.');
    expect(exitCode).toBeUndefined();
    expect((await run(at('odd/silence.wav'))).out).toMatch(/silence\.wav +1\.0 +- {2}[A-G]/);
  });

  it('takes names with spaces and letters of any alphabet, and leaves out folders and hidden files', async () => {
    const names = ['Sigur Rós – «Ágætis byrjun».wav', '愛 の 歌 #1 100%.wav'];
    mkdirSync(at('títulos/folder.wav'), { recursive: true });
    for (const name of names) writeFileSync(at(`títulos/${name}`), wavFile([tone(440, 1)], 8000));
    writeFileSync(at('títulos/._hidden.wav'), 'what macOS leaves on other file systems');
    mkdirSync(at('títulos/.Trash'));
    writeFileSync(at('títulos/.Trash/thrown away.wav'), 'what was deleted');
    const { out, exitCode } = await run(at('títulos'), '--out', at('out/títulos é.npy'), '--quiet');
    expect(readFileSync(at('out/títulos é.txt'), 'utf8')).toBe(
      names.map((name) => `${at('títulos')}/${name}\n`).join(''),
    );
    for (const name of names) expect(out).toContain(name);
    expect(exitCode).toBeUndefined();
  });

  it('shows progress and a summary on stderr, and nothing with --quiet', async () => {
    const { err } = await run(at('album'), '--out', at('out/summary.npy'));
    expect(err).toContain('listening to files 1/2');
    expect(err).toContain(`Heard 2 files.\nWrote ${at('out/summary.npy')} [2 × 14] and ${at('out/summary.txt')}.\n`);
    vi.restoreAllMocks();
    expect((await run(at('album'), '--quiet')).err).toBe('');
  });

  it('refuses an output that is no .npy, a folder without sounds and a broken encoder, and writes nothing', async () => {
    await expect(run(at('album'), '--out', at('none/x.csv'))).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    await expect(run(at('cache'), '--out', at('none/x.npy'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(run(at('album'), '--encoder', at('broken.wav'), '--out', at('none/x.npy'))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect(existsSync(at('none'))).toBe(false);
  });

  it.each([
    ['where a file is in the way of its folder', 'broken.wav/x.npy', 'broken.wav'],
    ['that is a folder', 'folder.npy', 'is a folder'],
    ['where nothing can be written', '/proc/x.npy', '/proc/x.npy'],
  ])('refuses an output %s before it listens', async (_, out, found) => {
    mkdirSync(at('folder.npy'), { recursive: true });
    const heard = run(at('album'), '--out', out.startsWith('/') ? out : at(out));
    await expect(heard).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining(found) });
  });

  it('does not wait for a pipe, enters a folder once, and refuses names that would break the list of names', async () => {
    mkdirSync(at('odd places'));
    execFileSync('mkfifo', [at('odd places/pipe.wav')]);
    symlinkSync('.', at('odd places/loop'));
    writeFileSync(at('odd places/sound.wav'), wavFile([tone(440, 1)], 8000));
    const { out } = await run(at('odd places'), '--json', '--quiet');
    const { rows, failed } = JSON.parse(out);
    expect(rows).toMatchObject([{ file: at('odd places/sound.wav') }]);
    expect(failed).toMatchObject([
      { file: at('odd places/pipe.wav'), message: expect.stringContaining('regular file') },
    ]);
    writeFileSync(at('odd places/two\nlines.wav'), wavFile([tone(440, 1)], 8000));
    await expect(run(at('odd places'), '--out', at('lines.npy'))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('dubplate embed --out, interrupted', () => {
  const music = at('music');
  const files = Array.from({ length: 10 }, (_, i) => join(music, `${i}.wav`));
  const broken = files[1]!;
  const changedAt = new Date('2026-01-01');
  const write = (file: string, bytes: Uint8Array | string): void => {
    writeFileSync(file, bytes);
    utimesSync(file, changedAt, changedAt);
  };
  const strokes = (hz: number): Uint8Array => wavFile([tone(hz, 60).subarray(0, 441_000)], 11_025);
  const outputs = (name: string): Buffer[] => ['npy', 'txt'].map((kind) => readFileSync(at(`${name}.${kind}`)));
  const linesIn = (file: string): number => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0);

  beforeAll(() => {
    mkdirSync(music);
    for (const [i, file] of files.entries()) write(file, file === broken ? 'not a sound' : strokes(200 + 50 * i));
  });

  /** Run it as a process of its own, and end it when `count` files have been heard. */
  async function interrupt(out: string, signal: 'SIGKILL' | 'SIGINT', count: number) {
    const args = ['scenarios/dubplate.js', 'embed', music, '--encoder', encoder, '--out', out];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const exit = once(child, 'exit');
    let err = '';
    child.stderr.on('data', (text) => {
      err += text;
    });
    while (linesIn(`${out}.partial`) < 1 + count && child.exitCode === null) await sleep(5);
    child.kill(signal);
    const [code, endedBy] = await exit;
    return { code, endedBy, err };
  }

  it('goes on where it was killed: what was heard is not listened to again, and the outputs are the same to the byte', async () => {
    const whole = await run(music, '--out', at('whole.npy'), '--json', '--quiet');
    const { endedBy } = await interrupt(at('again.npy'), 'SIGKILL', 4);
    expect(endedBy).toBe('SIGKILL');
    expect([existsSync(at('again.npy')), existsSync(at('again.txt'))]).toEqual([false, false]);
    const [, ...kept] = readFileSync(at('again.npy.partial'), 'utf8').trimEnd().split('\n');
    const heard: string[] = kept.map((line) => JSON.parse(line).file);
    expect(heard.length).toBeGreaterThanOrEqual(4);
    expect(heard.length).toBeLessThan(files.length - 1);
    // Whoever listened to these again would hear that they are broken: same length, same time, no sound.
    const before = heard.map((file) => readFileSync(file));
    heard.forEach((file, i) => {
      write(file, Buffer.alloc(before[i]!.length));
    });
    writeFileSync(at('again.npy.partial'), '{"file":"cut off in the mid', { flag: 'a' });

    const { out, exitCode } = await run(music, '--out', at('again.npy'), '--json');
    heard.forEach((file, i) => {
      write(file, before[i]!);
    });
    expect(out).toBe(whole.out);
    expect(outputs('again')).toEqual(outputs('whole'));
    expect(JSON.parse(out).failed).toMatchObject([{ file: broken }]);
    expect(exitCode).toBe(2);
    expect(existsSync(at('again.npy.partial'))).toBe(false);
  });

  it('says after Ctrl-C how to go on, and listens again to a file that has changed since', async () => {
    const { code, err } = await interrupt(at('changed.npy'), 'SIGINT', 2);
    expect(code).toBe(130);
    expect(err).toContain(
      `What was heard so far is in ${at('changed.npy')}.partial; the same command goes on from there`,
    );
    const changed = [files[0]!, files[2]!];
    const before = changed.map((file) => readFileSync(file));
    write(files[0]!, strokes(99).subarray(0, 100_000)); // broken now, and shorter
    write(files[2]!, Buffer.alloc(before[1]!.length));
    utimesSync(files[2]!, changedAt, new Date('2026-01-02')); // of the same length
    const { out } = await run(music, '--out', at('changed.npy'), '--json', '--quiet');
    changed.forEach((file, i) => {
      write(file, before[i]!);
    });
    expect(JSON.parse(out).failed.map(({ file }: { file: string }) => file)).toEqual([files[0], broken, files[2]]);
  });

  it('forgets what another encoder heard', async () => {
    const partial = at('other.npy.partial');
    const line = { file: files[0], bytes: statSync(files[0]!).size, changedMs: changedAt.getTime(), embedding: [1, 2] };
    writeFileSync(partial, `${JSON.stringify({ schema: 1, encoder: 'another' })}\n${JSON.stringify(line)}\n`);
    const { err } = await run(files[0]!, '--out', at('other.npy'));
    expect(err).toContain('Heard 1 file.');
    expect(readNpy(at('other.npy')).cols).toBe(14);
  });
});

describe('standardEncoder', () => {
  it('is trained once and then taken from where it is kept', async () => {
    const before = statSync(encoder);
    const labels: string[] = [];
    const again = await standardEncoder((label) => labels.push(label), { path: encoder });
    expect(Buffer.from(again.bytes).equals(readFileSync(encoder))).toBe(true);
    expect(statSync(encoder).mtimeMs).toBe(before.mtimeMs);
    expect(labels).toEqual([]);
    await again.close();
  });

  it('is kept where each platform keeps what can be made again', () => {
    const name = 'standard-encoder-v3.onnx';
    expect(standardEncoderPath({ HOME: '/home/a' }, 'linux')).toBe(join('/home/a/.cache/dubplate', name));
    expect(standardEncoderPath({ HOME: '/home/a', XDG_CACHE_HOME: '/c' }, 'linux')).toBe(join('/c/dubplate', name));
    expect(standardEncoderPath({ HOME: '/Users/a' }, 'darwin')).toBe(join('/Users/a/Library/Caches/dubplate', name));
    expect(standardEncoderPath({ HOME: '/u', LOCALAPPDATA: '/l' }, 'win32')).toBe(join('/l/dubplate/Cache', name));
  });
});
