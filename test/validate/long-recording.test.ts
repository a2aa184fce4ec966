import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStreams } from '../../engine/core/random.ts';
import { standardEncoder } from '../../scenarios/standard-encoder.ts';
import { flacFile, wavFile } from '../engine/audio/sound-files.ts';

/** ONNX Runtime, TypeScript and Node take half of it before a file is opened. */
const mostBytes = 500e6;

describe('dubplate embed listens to hours in less than 500 MB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dubplate-hours-'));
  const encoder = join(folder, 'encoder.onnx');
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    const training = { tracks: 8, epochs: 1, batch: 4 };
    await (await standardEncoder(() => {}, { path: encoder, training })).close();
  });

  it('of music, in a WAV of 635 MB', () => {
    const file = join(folder, 'music.wav');
    writeMusic(file, 3600);
    const { row, peakBytes } = embed(file);
    expect(row.seconds).toBeCloseTo(3600, 6);
    expect(row.tempoBpm).not.toBeNull();
    expect(peakBytes).toBeLessThan(mostBytes);
  });

  it('of silence, in a FLAC of half a megabyte, of which a few bytes stand for half a second', () => {
    const file = join(folder, 'silence.flac');
    writeFileSync(file, flacFile(new Float32Array(4 * 3600 * 8000), { blockSize: 4096 }));
    const { row, peakBytes } = embed(file);
    expect(row).toMatchObject({ seconds: 4 * 3600, tempoBpm: null });
    expect(peakBytes).toBeLessThan(mostBytes);
  });

  /** What a process of its own hears in a file, and how much memory it takes at most. */
  function embed(file: string) {
    const tellPeak = 'data:text/javascript,process.on("exit",()=>console.error(process.resourceUsage().maxRSS))';
    const args = ['embed', file, '--encoder', encoder, '--out', join(folder, 'out.npy'), '--json', '--quiet'];
    const child = spawnSync(process.execPath, ['--import', tellPeak, 'scenarios/dubplate.js', ...args], {
      encoding: 'utf8',
    });
    expect(child.status, child.stderr).toBe(0);
    const peakBytes = 1024 * Number(child.stderr);
    console.log(`${file}: ${(peakBytes / 1e6).toFixed(0)} MB at most`);
    const [row] = JSON.parse(child.stdout).rows as readonly { seconds: number; tempoBpm: number | null }[];
    return { row: row!, peakBytes };
  }
});

/** 44.1 kHz stereo, 16 bits: noise, a chord and a stroke twice a second, ten seconds of it again and again. */
function writeMusic(path: string, seconds: number): void {
  const draw = createStreams('an hour of music')('noise', 0);
  const left = Float32Array.from({ length: 441_000 }, (_, i) => {
    const t = i / 44_100;
    const chord = [220, 277.18, 329.63].reduce((sum, hz) => sum + 0.08 * Math.sin(2 * Math.PI * hz * t), 0);
    const stroke = 0.5 * Math.exp(-60 * (t % 0.5)) * Math.sin(2 * Math.PI * 900 * t);
    return chord + stroke + 0.1 * (draw() - 0.5);
  });
  const part = wavFile([left, left.map((v) => 0.9 * v)], 44_100);
  const samples = part.subarray(44);
  const header = part.subarray(0, 44);
  const length = (samples.length * seconds) / 10;
  header.writeUInt32LE(length + 36, 4);
  header.writeUInt32LE(length, 40);
  writeFileSync(path, header);
  for (let written = 0; written < length; written += samples.length) appendFileSync(path, samples);
}
