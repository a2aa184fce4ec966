import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { Command } from 'commander';
import { decodeAudio } from '../../engine/audio/decode.ts';
import { type Encoder, loadEncoder } from '../../engine/audio/encoder.ts';
import { attributeNames, attributesOf, keyNames } from '../../engine/audio/labels.ts';
import { type RecordingReading, readRecording } from '../../engine/audio/recording.ts';
import { digestOf } from '../../engine/core/digest.ts';
import { DubplateError, type ErrorCode } from '../../engine/core/errors.ts';
import { writeFileAtomic } from '../../engine/core/files.ts';
import { rowOf, zeros } from '../../engine/core/matrix.ts';
import { writeNpy } from '../../engine/core/npy.ts';
import type { Progress } from '../../engine/core/progress.ts';
import { plural } from '../../reports/format.ts';
import { HeardSoFar, stampOf } from '../heard-so-far.ts';
import { checkOutputFile } from '../output-path.ts';
import { withProgress } from '../progress-bar.ts';
import { soundFiles } from '../sound-files.ts';
import { standardEncoder } from '../standard-encoder.ts';

interface EmbedFlags {
  readonly encoder?: string;
  readonly out?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** One recording that was heard. */
interface Heard {
  readonly file: string;
  readonly reading: RecordingReading;
}

/** One file that could not be heard, and why. */
interface Failed {
  readonly file: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** `dubplate embed`: what the encoder hears in sound files. */
export const embedCommand = (): Command =>
  new Command('embed')
    .description('listen to sound files: tempo, key, energy, timbre, and embeddings')
    .argument('<files...>', 'WAV, FLAC, OGG or MP3 files, or folders of them')
    .option(
      '--encoder <file>',
      'an encoder.onnx, e.g. of a run; without it one is trained once (about a minute) and kept',
    )
    .option('--out <file.npy>', 'write the embeddings here [files × dim] and the names beside it (.txt)')
    .option('--json', 'print as JSON, embeddings included', false)
    .option('--quiet', 'no progress', false)
    .addHelpText(
      'after',
      `
A file that cannot be read does not stop the others; the exit code is then 2. With --out, what was heard is kept beside it
(.npy.partial) until all is: the same command goes on from there after an interruption. A recording without a pulse, such as
silence or a single stroke, has no bpm (null in JSON); of the others the octave is often wrong: half or twice the tempo. A key is
always named, of noise too. The encoder that is trained here embeds in 14 dimensions of its own, in which near is alike in tempo, key,
energy and timbre; the one of a run in the ALS space of its listeners.`,
    )
    .action((files: readonly string[], flags: EmbedFlags) => embed(files, flags));

async function embed(paths: readonly string[], flags: EmbedFlags): Promise<void> {
  if (flags.out !== undefined && extname(flags.out) !== '.npy') {
    throw new DubplateError('INVALID_OPTIONS', `--out ${flags.out} does not end in .npy`, {
      hint: `Embeddings are written as a NumPy array: --out ${flags.out}.npy`,
    });
  }
  const files = paths.flatMap(soundFiles);
  if (flags.out !== undefined) checkOutput(flags.out, files);
  const partial = flags.out === undefined ? undefined : `${flags.out}.partial`;
  const left =
    partial === undefined
      ? 'Nothing was written.'
      : `What was heard so far is in ${partial}; the same command goes on from there.`;
  const listened = await withProgress(flags, left, (progress) => listen(files, flags.encoder, partial, progress));
  const { heard, failed, kept } = listened;
  if (flags.out !== undefined && heard.length > 0) writeEmbeddings(flags.out, heard);
  kept?.forget();
  process.stdout.write(flags.json ? toJson(heard, failed) : toTable(heard));
  if (!flags.json) process.stderr.write(failed.map((f) => `error: ${f.message}\n  → ${f.hint}\n`).join(''));
  if (failed.length > 0) {
    process.stderr.write(`${failed.length} of ${plural(files.length, 'file')} could not be heard.\n`);
    process.exitCode = 2;
  }
  if (!flags.quiet) process.stderr.write(summary(listened, flags.out));
}

/** Before an hour is spent on listening. @throws DubplateError INVALID_OPTIONS, INVALID_INPUT when the outputs could not be written. */
function checkOutput(out: string, files: readonly string[]): void {
  checkOutputFile(out);
  checkOutputFile(namesPath(out), 'the names beside --out,');
  const broken = files.find((file) => /[\r\n]/.test(file));
  if (broken === undefined) return;
  throw new DubplateError('INVALID_INPUT', `${JSON.stringify(broken)} has a line break in its name`, {
    hint: `${namesPath(out)} holds one name per line: rename the file, or leave --out away.`,
  });
}

interface Listened {
  readonly heard: readonly Heard[];
  readonly failed: readonly Failed[];
  /** How many of them had been heard before an interruption. */
  readonly heardBefore: number;
  readonly kept: HeardSoFar | undefined;
}

/** Listen to the files one by one. The encoder is opened (and perhaps trained) when the first file has been decoded. */
async function listen(
  files: readonly string[],
  encoderPath: string | undefined,
  partial: string | undefined,
  progress: Progress,
): Promise<Listened> {
  const heard: Heard[] = [];
  const failed: Failed[] = [];
  let heardBefore = 0;
  let encoder: Encoder | undefined;
  let kept: HeardSoFar | undefined;
  const open = async (): Promise<Encoder> => {
    encoder ??= await (encoderPath === undefined ? standardEncoder(progress) : loadEncoder(encoderPath));
    if (partial !== undefined) kept ??= new HeardSoFar(partial, digestOf(encoder.bytes));
    return encoder;
  };
  if (encoderPath !== undefined || (partial !== undefined && existsSync(partial))) await open();
  try {
    for (const [i, file] of files.entries()) {
      const tell = (share: number): void => progress('listening to files', i + share, files.length);
      try {
        const stamp = stampOf(file);
        const before = kept?.of(file, stamp);
        const reading = before ?? (await listenTo(file, open, tell));
        if (before) heardBefore += 1;
        else kept?.add(file, stamp, reading);
        heard.push({ file, reading });
      } catch (error) {
        if (!(error instanceof DubplateError)) throw error;
        failed.push({ file, code: error.code, message: error.message, hint: error.hint });
      }
      tell(1);
    }
  } finally {
    await encoder?.close();
  }
  return { heard, failed, heardBefore, kept };
}

/** @param tell is told the share of the file that has been heard. */
function listenTo(
  file: string,
  open: () => Promise<Encoder>,
  tell: (share: number) => void,
): Promise<RecordingReading> {
  let readShare = 0;
  const pieces = async function* () {
    for await (const piece of decodeAudio(file)) {
      readShare = piece.readShare;
      yield piece;
    }
  };
  const predict: Encoder['predict'] = async (waveforms) => {
    const predictions = await (await open()).predict(waveforms);
    tell(readShare);
    return predictions;
  };
  return readRecording({ predict }, pieces());
}

function writeEmbeddings(path: string, heard: readonly Heard[]): void {
  const embeddings = zeros(heard.length, heard[0]?.reading.embedding.length ?? 0);
  for (const [row, { reading }] of heard.entries()) rowOf(embeddings, row).set(reading.embedding);
  writeFileAtomic(namesPath(path), heard.map(({ file }) => `${file}\n`).join(''));
  writeNpy(path, embeddings);
}

/** Beside the embeddings, one name per row. */
const namesPath = (npy: string): string => npy.replace(/\.npy$/, '.txt');

/** What was done, for whoever watches. */
function summary({ heard, heardBefore }: Listened, out: string | undefined): string {
  const withoutPulse = heard.filter(({ reading }) => !reading.hasTempo).length;
  const said = [
    `Heard ${plural(heard.length, 'file')}`,
    heardBefore > 0 ? `, ${heardBefore} of them before the interruption` : '',
    withoutPulse > 0 ? `; ${withoutPulse} without a pulse, so without a bpm` : '',
  ].join('');
  if (out === undefined) return `${said}.\n`;
  const dim = heard[0]?.reading.embedding.length;
  const wrote =
    dim === undefined ? `${out} was not written` : `Wrote ${out} [${heard.length} × ${dim}] and ${namesPath(out)}`;
  return `${said}.\n${wrote}.\n`;
}

function toTable(heard: readonly Heard[]): string {
  if (heard.length === 0) return '';
  const width = Math.max(4, ...heard.map(({ file }) => file.length));
  const header = ['file'.padEnd(width), 'seconds', '  bpm', 'key     ', ...attributeNames.map(columnTitle)].join('  ');
  const lines = heard.map(({ file, reading }) =>
    [
      file.padEnd(width),
      (reading.durationMs / 1000).toFixed(1).padStart(7),
      (reading.hasTempo ? reading.tempoBpm.toFixed(1) : '-').padStart(5),
      (keyNames[reading.key] ?? '').padEnd(8),
      ...attributesOf(reading).map((value, i) =>
        value.toFixed(2).padStart(columnTitle(attributeNames[i] ?? '').length),
      ),
    ].join('  '),
  );
  return `${[header, ...lines].join('\n')}\n`;
}

/** `oddEven` as "odd/even". */
const columnTitle = (name: string): string => name.replace(/[A-Z]/g, (letter) => `/${letter.toLowerCase()}`);

function toJson(heard: readonly Heard[], failed: readonly Failed[]): string {
  const rows = heard.map(({ file, reading }) => ({
    file,
    seconds: reading.durationMs / 1000,
    tempoBpm: reading.hasTempo ? reading.tempoBpm : null,
    key: reading.key,
    keyName: keyNames[reading.key],
    ...Object.fromEntries(attributesOf(reading).map((value, i) => [attributeNames[i], value])),
    embedding: [...reading.embedding],
  }));
  return `${JSON.stringify({ schema: 1, rows, failed })}\n`;
}
