import { type SoundAttributes, sampleRateHz } from '../../engine/core/catalogue.ts';
import type { Draw } from '../../engine/core/random.ts';
import type { Note, Part } from './score.ts';

const tableSize = 2048;
const sine = Float32Array.from({ length: tableSize }, (_, i) => Math.sin((2 * Math.PI * i) / tableSize));

/** Highest frequency played; above it a note would consist of its fundamental alone. */
const highestHz = 3600;
const releaseS = 0.04;
/** Vibrato and tremolo move slowly: the oscillator reads them every 32 samples. */
const controlSamples = 32;

/** One period of the tone, up to `belowHz`: low notes carry more partials, and none above 4 kHz. */
interface Register {
  readonly belowHz: number;
  readonly period: Float32Array;
}

/** How one track's instruments sound. */
export interface Voices {
  readonly registers: readonly Register[];
  readonly attackS: number;
  readonly decayS: number;
  readonly vibratoHz: number;
  /** Largest relative change of frequency, and of amplitude. */
  readonly vibratoDepth: number;
  readonly tremoloDepth: number;
  /** All instruments are tuned by this factor, at most 20 cents off. */
  readonly tuning: number;
  readonly balance: Readonly<Record<Part, number>>;
}

/**
 * Build the instruments of a track from its four timbre qualities:
 *
 *     amplitude of partial h = h^-(0.5 + 2.3·(1 - brightness)) · (h even ? 1 - 0.95·odd : 1) · chance
 *
 * The envelope goes from plucked (4 ms attack, 0.15 s decay) to swelling (110 ms, 1.75 s); modulation adds vibrato up to
 * ±25 cents and tremolo up to ±45 %.
 */
export function drawVoices(timbre: SoundAttributes['timbre'], draw: Draw): Voices {
  const [brightness, envelope, oddEven, modulation] = timbre;
  const attackS = Math.max(0.004, 0.11 * envelope ** 2 * (0.8 + 0.4 * draw()));
  const registers = [
    { belowHz: 160, partials: 24 },
    { belowHz: 320, partials: 12 },
    { belowHz: 640, partials: 6 },
    { belowHz: highestHz, partials: 3 },
  ].map(({ belowHz, partials }) => ({ belowHz, period: drawPeriod(brightness, oddEven, partials, draw) }));
  return {
    registers,
    attackS,
    decayS: 0.15 + 1.6 * envelope,
    tuning: 2 ** (((draw() - 0.5) * 0.4) / 12),
    vibratoHz: 4.5 + 2 * draw(),
    vibratoDepth: 0.0145 * modulation,
    tremoloDepth: 0.45 * modulation,
    balance: { chord: 0.8 + 0.4 * draw(), bass: 0.8 + 0.4 * draw(), melody: 0.8 + 0.4 * draw() },
  };
}

/** One period with unit power and its first sample repeated at the end, for interpolation. */
function drawPeriod(brightness: number, oddEven: number, partials: number, draw: Draw): Float32Array {
  const period = new Float32Array(tableSize + 1);
  for (let h = 1; h <= partials; h++) {
    const slope = h ** -(0.5 + 2.3 * (1 - brightness));
    const amplitude = slope * (h % 2 === 0 ? 1 - 0.95 * oddEven : 1) * (0.8 + 0.4 * draw());
    const phase = Math.floor(draw() * tableSize);
    for (let i = 0; i <= tableSize; i++) period[i]! += amplitude * sine[(h * i + phase) & (tableSize - 1)]!;
  }
  let power = 0;
  for (let i = 0; i < tableSize; i++) power += period[i]! ** 2;
  const scale = 1 / Math.sqrt(power / tableSize);
  for (let i = 0; i <= tableSize; i++) period[i]! *= scale;
  return period;
}

/** Add one note to `out`: a wavetable oscillator under attack, exponential decay and release. */
export function playNote(note: Note, voices: Voices, draw: Draw, out: Float32Array): void {
  const frequencyHz = 440 * 2 ** ((note.pitch - 69) / 12) * voices.tuning;
  const register = voices.registers.find(({ belowHz }) => frequencyHz < belowHz);
  const phase = draw() * tableSize;
  const swing = draw() * 2 * Math.PI;
  if (!register) return;
  const start = Math.round(note.startS * sampleRateHz);
  const stop = Math.round((note.startS + note.lengthS) * sampleRateHz);
  const release = releaseS * sampleRateHz;
  const slow = note.part === 'chord' ? 2 : 1;
  const attack = voices.attackS * sampleRateHz * (note.part === 'chord' ? 1.5 : 1);
  const fade = Math.exp(-1 / (voices.decayS * sampleRateHz * slow));
  const loudness = 0.35 * note.amplitude * voices.balance[note.part];
  const step = (frequencyHz * tableSize) / sampleRateHz;
  const turn = (2 * Math.PI * voices.vibratoHz) / sampleRateHz;
  const { period } = register;

  const from = Math.max(0, start);
  const to = Math.min(out.length, Math.round(stop + release));
  let decay = fade ** (from - start);
  let position = (phase + step * (from - start)) % tableSize;
  // Stretches in which nothing but decay and position changes from sample to sample.
  for (let i = from; i < to; ) {
    const modulation = Math.sin(swing + turn * i);
    const amplitude = loudness * (1 + voices.tremoloDepth * (modulation - 1));
    const stride = step * (1 + voices.vibratoDepth * modulation);
    const end = Math.min(to, (i | (controlSamples - 1)) + 1);
    const isPlain = i - start >= attack && end - 1 <= stop;
    for (; i < end; i++) {
      let level = amplitude;
      if (!isPlain) {
        const age = i - start;
        level *= age < attack ? age / attack : 1;
        level *= i > stop ? 1 - (i - stop) / release : 1;
      }
      const whole = position | 0;
      const left = period[whole]!;
      out[i]! += level * decay * (left + (position - whole) * (period[whole + 1]! - left));
      decay *= fade;
      position += stride;
      if (position >= tableSize) position -= tableSize;
    }
  }
}
