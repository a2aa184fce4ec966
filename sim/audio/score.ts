import type { SoundAttributes } from '../../engine/core/catalogue.ts';
import { below, type Draw, normalFrom } from '../../engine/core/random.ts';
import { type Drum, drumPatterns, progressions, scales } from './patterns.ts';

export type Part = 'chord' | 'bass' | 'melody';

/** One note: when, how long, how high (MIDI number, 69 = A4 = 440 Hz), how loud (relative). */
export interface Note {
  readonly startS: number;
  readonly lengthS: number;
  readonly pitch: number;
  readonly amplitude: number;
  readonly part: Part;
}

/** One stroke of a drum. */
export interface Hit {
  readonly startS: number;
  readonly amplitude: number;
  readonly drum: Drum;
}

/** What is played; how it sounds is decided by the voices. Notes may begin before 0 and end after the piece. */
export interface Score {
  readonly notes: readonly Note[];
  readonly hits: readonly Hit[];
}

const stepsPerBeat = 4;
const stepsPerBar = 16;

/**
 * Write a short piece in the tempo, key and energy asked for. Everything else is chance: drum pattern, chord
 * progression and where in it the piece begins, swing, timing errors, melody with a few notes outside the key.
 * So neither tempo nor key can be read off one note: the piece has to be heard as a whole.
 *
 * @param durationS length in seconds; the grid begins up to one bar before 0.
 */
export function compose(sound: SoundAttributes, durationS: number, draw: Draw): Score {
  const grid = drawGrid(sound.tempoBpm, draw);
  const harmony = drawHarmony(sound.key, draw);
  const notes: Note[] = [];
  const hits: Hit[] = [];
  const band = { chords: chordPlayer(), bass: bassPlayer(), melody: melodyPlayer(draw), drums: drummer(draw) };
  const steps = Math.ceil((durationS + grid.offsetS) / grid.stepS);
  for (let step = 0; step < steps; step++) {
    const moment: Moment = { step, grid, harmony, chord: harmony.chordAt(step), energy: sound.energy, draw };
    band.chords(moment, notes);
    band.bass(moment, notes);
    band.melody(moment, notes);
    band.drums(moment, hits);
  }
  return { notes, hits };
}

/** One sixteenth of the piece, as the players see it. `chord` is the scale degree of the chord's root. */
interface Moment {
  readonly step: number;
  readonly grid: Grid;
  readonly harmony: Harmony;
  readonly chord: number;
  readonly energy: number;
  readonly draw: Draw;
}

interface Grid {
  readonly stepS: number;
  readonly offsetS: number;
  /** Start of a step as somebody would play it, seconds: swung and never exactly on time. */
  startOf(step: number, draw: Draw): number;
}

function drawGrid(tempoBpm: number, draw: Draw): Grid {
  const beatS = 60 / tempoBpm;
  const stepS = beatS / stepsPerBeat;
  const offsetS = draw() * beatS * 4;
  const isSwung = draw() < 0.25;
  const swing = isSwung ? 0.12 + 0.15 * draw() : 0;
  const jitterS = 0.004 + 0.008 * draw();
  return {
    stepS,
    offsetS,
    startOf: (step, own) => (step + (step % 2 === 1 ? swing : 0)) * stepS - offsetS + normalFrom(own) * jitterS,
  };
}

interface Harmony {
  readonly stepsPerChord: number;
  chordAt(step: number): number;
  /** MIDI number of a scale degree (0 = tonic, 7 = the next one up) above the given octave of the tonic. */
  pitchOf(degree: number, octave: number): number;
}

function drawHarmony(key: number, draw: Draw): Harmony {
  const tonic = key >> 1;
  const mode = key & 1;
  const scale = scales[mode]!;
  const choices = progressions[mode]!;
  const progression = choices[below(choices.length, draw)]!;
  const rotation = below(progression.length, draw);
  const stepsPerChord = draw() < 0.5 ? 8 : 16;
  return {
    stepsPerChord,
    chordAt: (step) => progression[(Math.floor(step / stepsPerChord) + rotation) % progression.length]!,
    pitchOf(degree, octave) {
      const octaves = Math.floor(degree / scale.length);
      return tonic + 12 * (octave + octaves) + scale[degree - octaves * scale.length]!;
    },
  };
}

type NotePlayer = (moment: Moment, notes: Note[]) => void;

/** Triads, held until the next chord, in a chance inversion. */
const chordPlayer = (): NotePlayer => {
  return ({ step, grid, harmony, chord, draw }, notes) => {
    if (step % harmony.stepsPerChord !== 0) return;
    const inversion = below(3, draw);
    for (let voice = 0; voice < 3; voice++) {
      const degree = chord + 2 * voice + (voice < inversion ? 7 : 0);
      const lengthS = harmony.stepsPerChord * grid.stepS * 0.95;
      const startS = grid.startOf(step, draw);
      notes.push({ startS, lengthS, pitch: harmony.pitchOf(degree, 4), amplitude: 0.28, part: 'chord' });
    }
  };
};

/** Roots, mostly on the beat; more of them off it in intense pieces. */
const bassPlayer = (): NotePlayer => {
  return ({ step, grid, harmony, chord, energy, draw }, notes) => {
    const chance = step % 4 === 0 ? 0.75 : step % 4 === 2 ? 0.15 + 0.5 * energy : 0;
    if (draw() >= chance) return;
    const pitch = harmony.pitchOf(chord, 2) + (draw() < 0.15 ? 7 : 0);
    const lengthS = grid.stepS * (2 + 2 * draw());
    notes.push({ startS: grid.startOf(step, draw), lengthS, pitch, amplitude: 0.6, part: 'bass' });
  };
};

/** A walk over the scale that leans on chord tones; one note in 25 lies beside the scale. */
const melodyPlayer = (piece: Draw): NotePlayer => {
  let degree = 7 + below(7, piece);
  return ({ step, grid, harmony, chord, energy, draw }, notes) => {
    const chance = (0.12 + 0.5 * energy) * (step % 2 === 0 ? 1 : 0.35);
    if (draw() >= chance) return;
    const aim = draw() < 0.4 ? chord + 7 + 2 * below(3, draw) : degree + below(5, draw) - 2;
    degree = Math.max(5, Math.min(18, aim));
    const accidental = draw() < 0.04 ? (draw() < 0.5 ? 1 : -1) : 0;
    const lengthS = grid.stepS * (1 + 3 * draw());
    const amplitude = 0.45 + 0.2 * draw();
    const pitch = harmony.pitchOf(degree, 4) + accidental;
    notes.push({ startS: grid.startOf(step, draw), lengthS, pitch, amplitude, part: 'melody' });
  };
};

/** One of a few patterns, with strokes left out in calm pieces and ghost strokes added; one piece in ten hardly has drums. */
const drummer = (piece: Draw): ((moment: Moment, hits: Hit[]) => void) => {
  const pattern = drumPatterns[below(drumPatterns.length, piece)]!;
  const loudness = piece() < 0.9 ? 1 : 0.25;
  const kit: readonly { drum: Drum; level: number; surety: number; ghosts: number }[] = [
    { drum: 'kick', level: 0.9 + 0.3 * piece(), surety: 0.3, ghosts: 1 },
    { drum: 'snare', level: 0.7 + 0.4 * piece(), surety: 0, ghosts: 1 },
    { drum: 'hat', level: 0.3 + 0.3 * piece(), surety: 0, ghosts: 2 },
  ];
  return ({ step, grid, energy, draw }, hits) => {
    for (const { drum, level, surety, ghosts } of kit) {
      const isWritten = pattern[drum][step % stepsPerBar] === 'x';
      const chance = isWritten ? 0.55 + 0.45 * Math.min(1, energy + surety) : (0.02 + 0.07 * energy) * ghosts;
      if (draw() >= chance) continue;
      const accent = (isWritten ? 1 : 0.6) * (0.75 + 0.5 * draw());
      hits.push({ startS: grid.startOf(step, draw), amplitude: level * accent * loudness, drum });
    }
  };
};
