import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Command } from 'commander';
import { decodeAudio } from '../../engine/audio/decode.ts';
import { type Encoder, loadEncoder, type SoundReading } from '../../engine/audio/encoder.ts';
import { attributeNames, attributesOf, keyNames } from '../../engine/audio/labels.ts';
import { readRecording } from '../../engine/audio/recording.ts';
import { DubplateError, type ErrorCode } from '../../engine/core/errors.ts';
import { writeFileAtomic } from '../../engine/core/files.ts';
import { rowOf, zeros } from '../../engine/core/matrix.ts';
import { writeNpy } from '../../engine/core/npy.ts';
import type { Progress } from '../../engine/core/progress.ts';
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
  readonly seconds: number;
  readonly reading: SoundReading;
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
    .addHelpText('after', '\nA file that cannot be read does not stop the others; the exit code is then 2.')
    .action((files: readonly string[], flags: EmbedFlags) => embed(files, flags));

async function embed(paths: readonly string[], flags: EmbedFlags): Promise<void> {
  if (flags.out !== undefined && extname(flags.out) !== '.npy') {
    throw new DubplateError('INVALID_OPTIONS', `--out ${flags.out} does not end in .npy`, {
      hint: `Embeddings are written as a NumPy array: --out ${flags.out}.npy`,
    });
  }
  const files = paths.flatMap(soundFiles);
  const { heard, failed } = await withProgress(flags, 'Nothing was written.', (progress) =>
    listen(files, flags.encoder, progress),
  );
  if (flags.out !== undefined && heard.length > 0) writeEmbeddings(flags.out, heard);
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
  progress: Progress,
): Promise<{ readonly heard: readonly Heard[]; readonly failed: readonly Failed[] }> {
  const heard: Heard[] = [];
  const failed: Failed[] = [];
  let encoder: Encoder | undefined = encoderPath === undefined ? undefined : await loadEncoder(encoderPath);
  try {
    for (const [i, file] of files.entries()) {
      const recording = await decodeAudio(file).catch((error: unknown) => {
        if (!(error instanceof DubplateError)) throw error;
        failed.push({ file, code: error.code, message: error.message, hint: error.hint });
      });
      if (recording) {
        encoder ??= await standardEncoder(progress);
        const reading = await readRecording(encoder, recording.samples);
        heard.push({ file, seconds: recording.durationMs / 1000, reading });
      }
      progress('listening to files', i + 1, files.length);
    }
  } finally {
    await encoder?.close();
  }
  return { heard, failed };
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
  const lines = heard.map(({ file, seconds, reading }) =>
    [
      file.padEnd(width),
      seconds.toFixed(1).padStart(7),
      reading.tempoBpm.toFixed(1).padStart(5),
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
  const rows = heard.map(({ file, seconds, reading }) => ({
    file,
    seconds,
    tempoBpm: reading.tempoBpm,
    key: reading.key,
    keyName: keyNames[reading.key],
    ...Object.fromEntries(attributesOf(reading).map((value, i) => [attributeNames[i], value])),
    embedding: [...reading.embedding],
  }));
  return `${JSON.stringify({ schema: 1, rows, failed })}\n`;
}
