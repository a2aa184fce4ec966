import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
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
import { HeardSoFar } from '../heard-so-far.ts';
import { withProgress } from '../progress-bar.ts';
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
silence or a single stroke, has no bpm (null in JSON).`,
    )
    .action((files: readonly string[], flags: EmbedFlags) => embed(files, flags));

async function embed(paths: readonly string[], flags: EmbedFlags): Promise<void> {
  if (flags.out !== undefined && extname(flags.out) !== '.npy') {
    throw new DubplateError('INVALID_OPTIONS', `--out ${flags.out} does not end in .npy`, {
      hint: `Embeddings are written as a NumPy array: --out ${flags.out}.npy`,
    });
  }
  const files = paths.flatMap(soundFiles);
  const partial = flags.out === undefined ? undefined : `${flags.out}.partial`;
  const left =
    partial === undefined
      ? 'Nothing was written.'
      : `What was heard so far is in ${partial}; the same command goes on from there.`;
  const { heard, failed, kept } = await withProgress(flags, left, (progress) =>
    listen(files, flags.encoder, partial, progress),
  );
  if (flags.out !== undefined && heard.length > 0) writeEmbeddings(flags.out, heard);
  kept?.forget();
  process.stdout.write(flags.json ? toJson(heard, failed) : toTable(heard));
  if (!flags.json) process.stderr.write(failed.map((f) => `error: ${f.message}\n  → ${f.hint}\n`).join(''));
  if (failed.length > 0) {
    process.stderr.write(`${failed.length} of ${files.length} files could not be heard.\n`);
    process.exitCode = 2;
  }
}

const extensions = ['.wav', '.flac', '.ogg', '.oga', '.opus', '.mp3'];

/** A file stands for itself, a folder for the sound files in it and below, by name. */
function soundFiles(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  const found = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => extensions.includes(extname(name).toLowerCase()))
    .sort()
    .map((name) => join(path, name));
  if (found.length > 0) return found;
  throw new DubplateError('FILE_NOT_FOUND', `There are no sound files in ${path}`, {
    hint: `Looked for ${extensions.join(', ')}, in folders below too.`,
  });
}

/** Listen to the files one by one. The encoder is opened (and perhaps trained) when the first file has been decoded. */
async function listen(
  files: readonly string[],
  encoderPath: string | undefined,
  partial: string | undefined,
  progress: Progress,
): Promise<{ readonly heard: readonly Heard[]; readonly failed: readonly Failed[]; readonly kept?: HeardSoFar }> {
  const heard: Heard[] = [];
  const failed: Failed[] = [];
  let encoder: Encoder | undefined;
  let kept: HeardSoFar | undefined;
  const open = async (): Promise<Encoder> => {
    encoder ??= await (encoderPath === undefined ? standardEncoder(progress) : loadEncoder(encoderPath));
    if (partial !== undefined) kept ??= new HeardSoFar(partial, digestOf(encoder.bytes));
    return encoder;
  };
  if (encoderPath !== undefined || (partial !== undefined && existsSync(partial))) await open();
  const predict: Encoder['predict'] = async (waveforms) => (await open()).predict(waveforms);
  try {
    for (const [i, file] of files.entries()) {
      try {
        const before = kept?.of(file);
        const reading = before ?? (await readRecording({ predict }, decodeAudio(file)));
        if (!before) kept?.add(file, reading);
        heard.push({ file, reading });
      } catch (error) {
        if (!(error instanceof DubplateError)) throw error;
        failed.push({ file, code: error.code, message: error.message, hint: error.hint });
      }
      progress('listening to files', i + 1, files.length);
    }
  } finally {
    await encoder?.close();
  }
  return { heard, failed, ...(kept ? { kept } : {}) };
}

function writeEmbeddings(path: string, heard: readonly Heard[]): void {
  const embeddings = zeros(heard.length, heard[0]?.reading.embedding.length ?? 0);
  for (const [row, { reading }] of heard.entries()) rowOf(embeddings, row).set(reading.embedding);
  writeFileAtomic(path.replace(/\.npy$/, '.txt'), heard.map(({ file }) => `${file}\n`).join(''));
  writeNpy(path, embeddings);
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
