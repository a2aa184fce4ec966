import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeAudio } from '../../../engine/audio/decode.ts';
import { windowsOf } from '../../../engine/audio/recording.ts';
import { createResampler } from '../../../engine/audio/resample.ts';
import { waveformSamples } from '../../../engine/core/catalogue.ts';
import { flacFile, id3Tag, mp3File, opusFile, riffChunk, vorbisFile, wavFile } from './sound-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-sound-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const write = (bytes: Uint8Array | string, extension = 'wav'): string => {
  const path = join(folder, `${files++}.${extension}`);
  writeFileSync(path, bytes);
  return path;
};

const tone = (hz: number, rateHz: number, seconds: number): Float32Array =>
  Float32Array.from(
    { length: Math.round(rateHz * seconds) },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rateHz),
  );
const level = (samples: Float32Array): number => Math.sqrt(samples.reduce((sum, v) => sum + v * v, 0) / samples.length);
const middle = (samples: Float32Array): Float32Array =>
  samples.subarray(samples.length >> 2, (3 * samples.length) >> 2);

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** A recording in one piece. */
async function decodeWhole(path: string): Promise<{ readonly samples: Float32Array; readonly durationMs: number }> {
  const parts: Float32Array[] = [];
  let durationMs = 0;
  for await (const piece of decodeAudio(path)) {
    parts.push(piece.samples);
    durationMs += piece.durationMs;
  }
  return { samples: joined(parts), durationMs };
}

/** A signal at another rate; it is passed on in pieces of this length. */
async function resample(
  signal: Float32Array,
  fromHz: number,
  toHz: number,
  pieceLength = signal.length,
): Promise<Float32Array> {
  const resampler = await createResampler(fromHz, toHz);
  const parts: Float32Array[] = [];
  for (let at = 0; at < signal.length; at += pieceLength) {
    parts.push(resampler.push(signal.subarray(at, at + pieceLength)));
  }
  parts.push(resampler.end());
  resampler.close();
  return joined(parts);
}

/** The windows of a signal that comes in pieces of this length. */
async function cutUp(signal: Float32Array, pieceLength = signal.length): Promise<Float32Array[]> {
  const pieces = async function* () {
    for (let at = 0; at < signal.length; at += pieceLength) yield signal.subarray(at, at + pieceLength);
  };
  const windows: Float32Array[] = [];
  for await (const window of windowsOf(pieces())) windows.push(window);
  return windows;
}

describe('decodeAudio', () => {
  it('gives back the samples of an 8 kHz WAV and FLAC', async () => {
    const samples = tone(440, 8000, 1);
    for (const path of [write(wavFile([samples], 8000)), write(flacFile(samples), 'flac')]) {
      const { samples: got, durationMs } = await decodeWhole(path);
      expect(durationMs).toBe(1000);
      expect(got.length).toBe(8000);
      expect(Math.max(...got.map((v, i) => Math.abs(v - samples[i]!)))).toBeLessThan(1e-4);
    }
  });

  it('knows a file by its content, not by its name', async () => {
    const path = write(flacFile(tone(440, 8000, 0.5)), 'wav');
    expect((await decodeWhole(path)).durationMs).toBe(500);
  });

  it('reads MP3, Vorbis and Opus', async () => {
    const mp3 = await decodeWhole(write(mp3File(50), 'mp3'));
    expect(Math.abs(mp3.durationMs - (50 * 1152) / 44.1)).toBeLessThan(2 * (1152 / 44.1)); // a decoder's delay
    const vorbis = await decodeWhole(write(vorbisFile(126), 'ogg'));
    expect(vorbis.durationMs).toBe(2000);
    const opus = await decodeWhole(write(opusFile(100), 'opus'));
    expect(Math.abs(opus.durationMs - 2000)).toBeLessThan(30);
    for (const { samples } of [mp3, vorbis, opus]) expect(samples.every((v) => Math.abs(v) < 1e-3)).toBe(true);
  });

  it('finds every frame of a FLAC, wherever the borders between the parts that are read fall', async () => {
    // Frames of 211 to 611 bytes, so that some of their headers lie across a border (each 16 kB) of one file or another.
    for (let blockSize = 100; blockSize < 300; blockSize += 3) {
      const path = write(flacFile(tone(440, 8000, 3), { blockSize }), 'flac');
      expect((await decodeWhole(path)).durationMs, `${blockSize} samples a frame`).toBe(3000);
    }
  });

  it('says how much of the file has been read with each piece, at last all of it', async () => {
    const shares: number[] = [];
    for await (const { readShare } of decodeAudio(write(wavFile([tone(440, 8000, 5)], 8000)))) shares.push(readShare);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[0]).toBeCloseTo(16 / 80, 1);
    expect(shares.at(-1)).toBe(1);
  });

  it('averages the channels', async () => {
    const [left, right] = [tone(300, 8000, 0.5), tone(500, 8000, 0.5)];
    const { samples } = await decodeWhole(write(wavFile([left, right], 8000)));
    expect(Math.max(...samples.map((v, i) => Math.abs(v - (left[i]! + right[i]!) / 2)))).toBeLessThan(1e-4);
  });

  it.each([11_025, 22_050, 44_100, 48_000, 96_000])('brings %i Hz to 8 kHz with the same tone', async (rateHz) => {
    const { samples, durationMs } = await decodeWhole(write(wavFile([tone(1000, rateHz, 1)], rateHz)));
    expect(durationMs).toBeCloseTo(1000, 6);
    expect(Math.abs(samples.length - 8000)).toBeLessThan(40);
    expect(level(middle(samples))).toBeCloseTo(0.5 / Math.SQRT2, 2);
    const kept = middle(samples);
    const rises = kept.filter((v, i) => i > 0 && kept[i - 1]! < 0 && v >= 0).length;
    expect(Math.abs(rises - 500)).toBeLessThan(8); // 1000 Hz for half a second
  });

  it('reads six channels at 96 kHz', async () => {
    const channels = [200, 300, 400, 500, 600, 700].map((hz) => tone(hz, 96_000, 0.5));
    const mean = channels[0]!.map((_, i) => channels.reduce((sum, channel) => sum + channel[i]!, 0) / 6);
    const expected = await resample(mean, 96_000, 8000);
    for (const float of [false, true]) {
      const { samples, durationMs } = await decodeWhole(write(wavFile(channels, 96_000, { float })));
      expect(durationMs).toBeCloseTo(500, 6);
      expect(Math.max(...samples.map((v, i) => Math.abs(v - expected[i]!)))).toBeLessThan(1e-4);
    }
  });

  it('reads a recording of one sample', async () => {
    const one = Float32Array.of(0.5);
    for (const path of [write(wavFile([one], 8000)), write(wavFile([one], 96_000)), write(flacFile(one), 'flac')]) {
      const { samples } = await decodeWhole(path);
      expect(samples.length).toBe(1);
      expect(Number.isFinite(samples[0])).toBe(true);
    }
  });

  it('gives back what is clipped or constant as it is', async () => {
    const square = tone(250, 8000, 1).map((v) => Math.sign(v) || 1);
    for (const signal of [square, new Float32Array(8000).fill(1), new Float32Array(8000).fill(-0.3)]) {
      const { samples } = await decodeWhole(write(wavFile([signal], 8000)));
      expect(Math.max(...samples.map((v, i) => Math.abs(v - signal[i]!)))).toBeLessThan(1e-4);
    }
  });

  it('reads the whole of a WAV whose recorder did not know the length', async () => {
    for (const claimed of [0, 0xffff_ffff]) {
      const bytes = wavFile([tone(440, 8000, 1)], 8000);
      bytes.writeUInt32LE(claimed, 40);
      expect((await decodeWhole(write(bytes))).durationMs).toBe(1000);
    }
  });

  it('finds a file by its path, with spaces and letters of any alphabet', async () => {
    const path = join(folder, 'Ágætis byrjun – 01 «Светлана» 愛 #1 100%.wav');
    writeFileSync(path, wavFile([tone(440, 8000, 0.5)], 8000));
    expect((await decodeWhole(path)).durationMs).toBe(500);
    truncateSync(path, 1000);
    await expect(decodeWhole(path)).rejects.toMatchObject({ message: expect.stringContaining(path) });
  });

  describe('with tags', () => {
    const sound = tone(440, 8000, 1);
    const mp3 = mp3File(50);
    /** 300 kB in which everything that a decoder looks for occurs: frames of MP3 and FLAC, pages of OGG, chunks of WAV. */
    const cover = Buffer.alloc(300_001, Buffer.concat([mp3File(1), flacFile(sound.subarray(0, 40)), opusFile(1)]));
    const oldTag = Buffer.alloc(128, 'TAG');

    it.each<[string, Uint8Array, Uint8Array]>([
      ['an MP3 with a cover in front', Buffer.concat([id3Tag(cover), mp3]), mp3],
      ['an MP3 with two tags in front', Buffer.concat([id3Tag(cover), id3Tag(cover), mp3]), mp3],
      ['an MP3 with padding behind its tag', Buffer.concat([id3Tag(cover), Buffer.alloc(2000), mp3]), mp3],
      ['an MP3 with a tag at its end', Buffer.concat([mp3, oldTag]), mp3],
      ['an MP3 with a tag at its end that looks like sound', Buffer.concat([mp3, Buffer.from('APETAGEX'), cover]), mp3],
      ['an MP3 with padding at its end', Buffer.concat([mp3, Buffer.alloc(2000)]), mp3],
      ['a FLAC with a cover', flacFile(sound, { picture: cover }), flacFile(sound)],
      ['a FLAC with an ID3 tag in front', Buffer.concat([id3Tag(cover), flacFile(sound)]), flacFile(sound)],
      ['a FLAC with a tag at its end', Buffer.concat([flacFile(sound), oldTag]), flacFile(sound)],
      ['a Vorbis file with a cover', vorbisFile(100, cover), vorbisFile(100)],
      ['an Opus file with a cover', opusFile(100, cover), opusFile(100)],
      [
        'a WAV with a cover of odd length ahead of its samples',
        wavFile([sound], 8000, { chunks: riffChunk('id3 ', id3Tag(cover)) }),
        wavFile([sound], 8000),
      ],
      ['a WAV with a tag in front', Buffer.concat([id3Tag(cover), wavFile([sound], 8000)]), wavFile([sound], 8000)],
      [
        'a WAV with a cover at its end',
        Buffer.concat([wavFile([sound], 8000), riffChunk('id3 ', cover)]),
        wavFile([sound], 8000),
      ],
    ])('hears of %s what it hears without', async (_, tagged, plain) => {
      expect(await decodeWhole(write(tagged))).toEqual(await decodeWhole(write(plain)));
    });

    it('hears a recorded stream that begins within a frame', async () => {
      const { durationMs } = await decodeWhole(write(mp3.subarray(300)));
      expect(Math.abs(durationMs - (49 * 1152) / 44.1)).toBeLessThan(2 * (1152 / 44.1));
    });
  });

  const wav = wavFile([tone(440, 8000, 1)], 8000);
  const zeroRate = Buffer.from(wav);
  zeroRate.writeUInt32LE(0, 24);
  const slowRate = Buffer.from(wav);
  slowRate.writeUInt32LE(50, 24);
  const noChannels = Buffer.from(wav);
  noChannels.writeUInt16LE(0, 22);
  const floats = (...samples: readonly number[]): Buffer =>
    wavFile([Float32Array.from(samples)], 8000, { float: true });
  const twoGigabytes = wavFile([tone(440, 8000, 0.06)], 8000);
  twoGigabytes.writeUInt32LE(2 ** 31 + 36, 4);
  twoGigabytes.writeUInt32LE(2 ** 31, 40);
  const flac = flacFile(tone(440, 8000, 1));
  const vorbis = vorbisFile(100);
  const opus = opusFile(100);
  const damagedFlac = flacFile(tone(440, 8000, 1));
  damagedFlac[5000]! ^= 1;

  it.each<[string, Uint8Array | string, string]>([
    ['an empty file', '', 'empty'],
    ['text that calls itself .wav', 'Dear listener, this is not a sound.', 'the text "Dear listene"'],
    ['bytes of no known kind', Buffer.from('00010203deadbeef0000000000', 'hex'), '00010203deadbeef'],
    ['a WAV without samples', wavFile([new Float32Array(0)], 8000), 'no samples'],
    ['a WAV of 0 Hz', zeroRate, '0 Hz'],
    ['a WAV of 50 Hz', slowRate, '50 Hz'],
    ['a WAV without channels', noChannels, '0 channels'],
    ['a WAV with NaN in it', floats(0, Number.NaN, 0), 'a sample of NaN'],
    ['a WAV with an infinite sample', floats(0, Number.NEGATIVE_INFINITY, 0), 'a sample of -Infinity'],
    ['a WAV of floats that are not in [-1, 1]', floats(0, 32_767, 0), 'a sample of 32767'],
    ['a WAV of 1 kB that claims to hold 2 GB', twoGigabytes, 'cut off: 960 of 2147483648 bytes'],
    ['a WAV cut off in its samples', wav.subarray(0, 5000), 'cut off'],
    ['a WAV cut off in its header', wav.subarray(0, 30), 'ends before'],
    ['a FLAC cut off', flac.subarray(0, flac.length >> 1), 'cut off'],
    ['a FLAC cut off in its header', flac.subarray(0, 20), 'header'],
    ['a FLAC cut off in its cover', flacFile(new Float32Array(9), { picture: flac }).subarray(0, 9000), 'header'],
    ['a FLAC with a wrong bit', damagedFlac, '\\d+ of 8000 samples'],
    ['an MP3 cut off', mp3File(9).subarray(0, 3000), 'cut off'],
    ['an MP3 cut off in the header of a frame', mp3File(9).subarray(0, 8 * 417 + 1), 'cut off'],
    ['a Vorbis file cut off within a page', vorbis.subarray(0, vorbis.length - 9), 'cut off'],
    ['a Vorbis file cut off between pages', vorbis.subarray(0, vorbis.lastIndexOf('OggS')), 'cut off'],
    ['an Opus file cut off within a page', opus.subarray(0, opus.length - 9), 'cut off'],
    ['an Opus file cut off between pages', opus.subarray(0, opus.lastIndexOf('OggS')), 'cut off'],
    [
      'an MP3 of which half was fetched',
      Buffer.concat([mp3File(5), Buffer.alloc(50_000)]),
      'lost at byte 2085 of 52085',
    ],
    [
      'an MP3 with another thing in its middle',
      Buffer.concat([mp3File(5), Buffer.alloc(6000, 'not a frame'), mp3File(5)]),
      'lost at byte 2085',
    ],
    [
      'a WAV without samples, but with a tag',
      Buffer.concat([wavFile([new Float32Array(0)], 8000), riffChunk('id3 ', id3Tag(flac))]),
      'no samples',
    ],
    ['an MP3 header with nothing behind it', Buffer.concat([mp3File(1), Buffer.alloc(500, 0x41)]), 'no sound'],
  ])('refuses %s and says why', async (_, bytes, found) => {
    const path = write(bytes);
    await expect(decodeWhole(path)).rejects.toMatchObject({
      code: 'INVALID_AUDIO',
      message: expect.stringMatching(new RegExp(`${path}.*${found}`)),
      hint: expect.stringMatching(/WAV|again/),
    });
  });

  it('never gives back samples or throws anything but a DubplateError, wherever a file is cut', async () => {
    const whole = [wav, flac, mp3File(9), opusFile(60), vorbisFile(60)];
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 4 }), fc.double({ min: 0, max: 0.999, noNaN: true }), async (which, share) => {
        const bytes = whole[which]!;
        const cut = bytes.subarray(0, Math.floor(share * bytes.length));
        // An MP3 cut exactly between two frames is a whole, shorter MP3.
        if (which === 2 && cut.length % 417 === 0 && cut.length >= 2 * 417) return;
        await expect(decodeWhole(write(cut))).rejects.toMatchObject({ code: 'INVALID_AUDIO' });
      }),
      { numRuns: 60 },
    );
  });

  it('gives up a FLAC in which it has lost its way, and does not keep all that follows', async () => {
    const bytes = flacFile(tone(440, 8000, 1));
    bytes[5000]! ^= 1;
    const path = write(Buffer.concat([bytes, Buffer.alloc(20 << 20)]), 'flac');
    await expect(decodeWhole(path)).rejects.toMatchObject({
      code: 'INVALID_AUDIO',
      message: expect.stringMatching(/damaged: no sound can be found in \d+ bytes/),
    });
  });

  it('says that a file is missing, or a folder', async () => {
    const missing = join(folder, 'missing.wav');
    await expect(decodeWhole(missing)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining(missing),
    });
    await expect(decodeWhole(folder)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('folder'),
    });
  });
});

describe('resample', () => {
  it.each([11_025, 44_100, 48_000])(
    'from %i Hz leaves nothing of a tone above 4 kHz: at least 60 dB down',
    async (rateHz) => {
      for (const hz of [4600, 5200]) {
        const kept = middle(await resample(tone(hz, rateHz, 1), rateHz, 8000));
        expect(20 * Math.log10(level(kept) / (0.5 / Math.SQRT2))).toBeLessThan(-60);
      }
    },
  );

  it.each([11_025, 44_100, 48_000, 96_000])(
    'from %i Hz gives the same in pieces of any length, and all of it',
    async (rateHz) => {
      const signal = Float32Array.from(tone(500, rateHz, 0.5), (v, i) => v * Math.cos(i / 999));
      const whole = await resample(signal, rateHz, 8000);
      const length = Math.ceil((signal.length * 8000) / rateHz);
      expect(whole.length).toBe(length);
      for (const pieceLength of [100, 4096, 10_000]) {
        const got = await resample(signal, rateHz, 8000, pieceLength);
        expect(got.length).toBe(length);
        expect(Math.max(...got.map((v, i) => Math.abs(v - whole[i]!)))).toBeLessThan(1e-6);
      }
    },
  );

  it('takes signals of many megabytes', async () => {
    const samples = await resample(tone(1000, 96_000, 15), 96_000, 8000); // 5.8 MB
    expect(Math.abs(samples.length - 120_000)).toBeLessThan(100);
    expect(level(middle(samples))).toBeCloseTo(0.5 / Math.SQRT2, 2);
  });
});

describe('windowsOf', () => {
  it('covers every sample of a long recording, in whole windows, however it is cut into pieces', async () => {
    const lengths = fc.integer({ min: waveformSamples, max: 4 * waveformSamples });
    const pieceLengths = fc.integer({ min: 1000, max: 3 * waveformSamples });
    await fc.assert(
      fc.asyncProperty(lengths, pieceLengths, async (length, pieceLength) => {
        const signal = Float32Array.from({ length }, (_, i) => i);
        const windows = await cutUp(signal, pieceLength);
        expect(windows.length).toBe(Math.ceil(length / waveformSamples));
        windows.forEach((window, i) => {
          expect(window.length).toBe(waveformSamples);
          if (i > 0) expect(window[0]!).toBeLessThanOrEqual(windows[i - 1]!.at(-1)! + 1);
        });
        expect([windows[0]![0], windows.at(-1)!.at(-1)]).toEqual([0, length - 1]);
      }),
      { numRuns: 20 },
    );
  });

  it('plays a short recording again until the window is full', async () => {
    const [window, ...more] = await cutUp(Float32Array.of(1, 2, 3), 2);
    expect(more).toEqual([]);
    expect([...window!.subarray(0, 7)]).toEqual([1, 2, 3, 1, 2, 3, 1]);
    expect(window!.at(-1)).toBe(((waveformSamples - 1) % 3) + 1);
  });
});

const recordings = new URL('../../../../shared/data/audio/', import.meta.url).pathname;
const hasRecordings = existsSync(recordings);
if (!hasRecordings) console.warn(`Skipped: real recordings decode. They are not in ${recordings}.`);

describe.skipIf(!hasRecordings)('real recordings', () => {
  const some = (kind: string, extension: string, count: number): string[] =>
    readdirSync(join(recordings, kind))
      .filter((name) => name.endsWith(extension))
      .map((name) => join(recordings, kind, name))
      .sort((a, b) => statSync(a).size - statSync(b).size)
      .slice(0, count);
  const chosen = hasRecordings
    ? [...some('mir-com', '.mp3', 4), ...some('librosa-data/audio', '.ogg', 4), ...some('sonic-pi', '.flac', 4)]
    : [];

  it('decode, and are refused when their end is missing', async () => {
    expect(chosen.length).toBe(12);
    for (const path of chosen) {
      const { samples, durationMs } = await decodeWhole(path);
      expect(Math.abs(samples.length / 8 - durationMs), path).toBeLessThan(20);
      expect(level(samples), path).toBeGreaterThan(1e-4);
      const cut = join(folder, `cut-${path.split('/').at(-1)}`);
      copyFileSync(path, cut);
      chmodSync(cut, 0o600);
      truncateSync(cut, Math.floor(0.6 * statSync(path).size));
      await expect(decodeWhole(cut), path).rejects.toMatchObject({ code: 'INVALID_AUDIO' });
    }
  });
});
