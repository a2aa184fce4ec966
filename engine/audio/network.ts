import { sampleRateHz, waveformSamples } from '../core/catalogue.ts';
import {
  add,
  concat,
  constant,
  divide,
  exp,
  log,
  logSoftmax,
  mean,
  reshape,
  scalar,
  scale,
  slice,
  sqrt,
  square,
  subtract,
  type Tensor,
  transpose,
} from './graph.ts';
import { attributeNames, keyClasses, lowestTempoBpm, tempoClasses, tempoStep } from './labels.ts';
import {
  affine,
  bandPower,
  convolveAxis,
  convolveTime,
  dense,
  type Filterbank,
  filterPairs,
  gaborPairs,
  hidden,
  moments,
  overFrames,
  type Weights,
} from './layers.ts';
import { musicalDescription, musicalNumbers } from './musical.ts';

/** What the network hears in N waveforms: what the heads look at. */
export interface HeardTensors {
  /** ln p over the tempo axis [N × 44] and over keys [N × 24]. */
  readonly tempo: Tensor;
  readonly key: Tensor;
  /** Everything heard [N × features]; the attributes are linear in it. */
  readonly features: Tensor;
}

/** What the network says about N waveforms. */
export interface NetworkOutputs extends HeardTensors {
  /** Energy and four timbre dimensions [N × 5], mapped from [0, 1] to [-1, 1]. */
  readonly attributes: Tensor;
  /** [N × dim], in standard units of the training targets: linear in the musical description and in what is heard. */
  readonly embedding: Tensor;
}

/**
 * The network: raw samples in; tempo, key, attributes and embedding out. Its structure is what is known about music:
 * tempo is a place on a log-frequency axis of how loudness changes, key is a place on the circle of pitch classes,
 * timbre is what stays when pitch is moved. So convolutions run along those axes. It starts as a decent analyser (Gabor
 * filters) and is trained from there. Tempo, key and the shape of timbre are heard at one volume, whatever it was; the volume
 * itself is a number of its own, in which most of the energy is heard.
 *
 * @param waveform [N × 49152] in [-1, 1].
 */
export function encoderNetwork(waveform: Tensor, dim: number, weights: Weights): NetworkOutputs {
  const power = mean(square(waveform), [1], 'kept');
  const even = levelled(waveform, power);
  const rhythm = hearRhythm(even, weights);
  const pitch = hearPitch(even, weights);
  const summary = concat([levelOf(power), ...rhythm.summary, ...pitch.summary], 1);
  const sound = hidden(weights, 'sound', summary.shape[1]!, 256)(summary);
  const features = concat([summary, sound, exp(rhythm.tempo), exp(pitch.key)], 1);
  const heard = { tempo: rhythm.tempo, key: pitch.key, features };
  return { ...heard, ...encoderHeads(heard, dim, weights) };
}

/** The linear end of the network. */
export function encoderHeads(
  { tempo, key, features }: HeardTensors,
  dim: number,
  weights: Weights,
): Pick<NetworkOutputs, 'attributes' | 'embedding'> {
  const width = features.shape[1]!;
  const attributes = dense(weights, 'attributes', width, attributeNames.length, 0)(features);
  const musical = musicalDescription(tempo, key, attributes);
  return {
    attributes,
    embedding: add(
      dense(weights, 'embedding.musical', musicalNumbers, dim, 0)(musical),
      dense(weights, 'embedding', width, dim, 0)(features),
    ),
  };
}

/** Place of the level among the features. */
export const levelFeature = 0;

/** The level of the whole, on a logarithmic scale: most of what there is to know about energy [N × 1]. */
const levelOf = (power: Tensor): Tensor => affine(log(add(power, scalar(1e-6))), 4, 0.5);

/** The waveform at a level of 0.1, whatever it was; what is below -90 dB stays near silence. */
const levelled = (waveform: Tensor, power: Tensor): Tensor =>
  divide(waveform, scale(sqrt(add(power, scalar(1e-9))), 10));

interface Branch {
  /** Features [N × …] for the heads that look at everything. */
  readonly summary: readonly Tensor[];
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Short frames, 32 ms every 16 ms: 48 bands, evenly spaced in mel from 40 to 3,850 Hz. */
const spectrum: Filterbank = {
  centres: range(48).map((i) => {
    const mel = (hz: number): number => 2595 * Math.log10(1 + hz / 700);
    const at = mel(40) + ((mel(3850) - mel(40)) * i) / 47;
    return (700 * (10 ** (at / 2595) - 1)) / sampleRateHz;
  }),
  width: 256,
};

/** Texture: four frames of the spectrum every two, 189 steps of 32 ms. Onsets keep its pace. */
const textureFrames = 4;
const textureChannels = 64;
const onsetChannels = 12;
const steps = 189;
const stepsPerMinute = (60 * sampleRateHz) / spectrum.width;

/** How many tempo classes the tempo convolution sees: 77, a factor of 4.7 up and 2 down: from half notes to sixteenths. */
const tempoWindow = 77;
const classesBelow = 24;
const modulationBands = tempoClasses + tempoWindow - 1;

/** How often things change, on the tempo axis: 27–911 times a minute, in cycles per step; filters as long as the piece. */
const modulation: Filterbank = {
  centres: range(modulationBands).map((i) => (lowestTempoBpm * tempoStep ** (i - classesBelow)) / stepsPerMinute),
  width: steps,
};

function hearRhythm(waveform: Tensor, weights: Weights): Branch & { readonly tempo: Tensor } {
  const N = waveform.shape[0]!;
  const samples = reshape(waveform, [N, waveformSamples, 1]);
  const power = overFrames(samples, spectrum.width, bandPower(filterPairs(weights, 'spectrum', spectrum)));
  const loudness = affine(log(add(power, scalar(6e-6))), 7.8, 0.25); // [N × 383 × 48]
  const frameValues = textureFrames * spectrum.centres.length;
  const texture = overFrames(loudness, textureFrames, hidden(weights, 'texture', frameValues, textureChannels));
  const onsets = convolveTime(weights, 'onsets', texture, onsetChannels); // [N × 189 × 12]

  const change = transpose(subtract(onsets, mean(onsets, [1], 'kept')), [0, 2, 1]);
  const changes = reshape(change, [N * onsetChannels, steps]);
  const changePower = bandPower(filterPairs(weights, 'modulation', modulation))(changes);
  const byChannel = reshape(changePower, [N, onsetChannels, modulationBands]);
  const relative = divide(byChannel, add(mean(byChannel, [1, 2], 'kept'), scalar(1e-4)));
  const modulations = log(add(relative, scalar(0.05)));

  const pulse = convolveAxis(weights, 'pulse', modulations, { taps: tempoWindow, width: 32, edge: 'inside' });
  const byClass = reshape(transpose(pulse, [0, 2, 1]), [N * tempoClasses, 32]);
  const prior = weights('tempo.class.bias', [tempoClasses], 'zeros');
  const tempo = logSoftmax(add(reshape(dense(weights, 'tempo', 32, 1, 1)(byClass), [N, tempoClasses]), prior));

  const coarse = mean(reshape(modulations, [N, onsetChannels, modulationBands / 10, 10]), [3]);
  const ofChange = reshape(coarse, [N, (onsetChannels * modulationBands) / 10]);
  return { tempo, summary: [...moments(loudness), ...moments(texture), ofChange] };
}

/** Long frames, 256 ms every 128 ms, one band per semitone: six octaves up from C2. */
const octaves = 6;
const semitones: Filterbank = {
  centres: range(12 * octaves).map((i) => (65.406 * 2 ** (i / 12)) / sampleRateHz),
  width: 2048,
};
const pitchFrames = (2 * waveformSamples) / semitones.width - 1; // 47
/** Semitones that a harmonic template spans: three octaves, eight partials. */
const templateSpan = 37;

/** The semitone filters stay as they are: what a semitone is, is agreed. Training them cost a third more and gained nothing. */
function hearPitch(waveform: Tensor, weights: Weights): Branch & { readonly key: Tensor } {
  const N = waveform.shape[0]!;
  const samples = reshape(waveform, [N, waveformSamples, 1]);
  const fixed = gaborPairs(semitones).map((data, i) =>
    constant(data, [semitones.width, semitones.centres.length], `semitones.${i === 0 ? 'cosine' : 'sine'}`),
  ) as [Tensor, Tensor];
  const power = overFrames(samples, semitones.width, bandPower(fixed));
  const loudness = affine(log(add(power, scalar(6e-5))), 4.8, 0.3); // [N × 47 × 72]
  const relative = subtract(loudness, mean(loudness, [2], 'kept'));

  const circle = { taps: 12, edge: 'around' } as const;
  const classes = reshape(relative, [N * pitchFrames, octaves, 12]);
  const chords = convolveAxis(weights, 'chords', classes, { ...circle, width: 32 });
  const overTime = mean(reshape(chords, [N, pitchFrames, 32, 12]), [1]);
  const tonics = convolveAxis(weights, 'tonics', overTime, { ...circle, width: 48 });
  const byTonic = reshape(transpose(tonics, [0, 2, 1]), [N * 12, 48]);
  const key = logSoftmax(reshape(dense(weights, 'key', 48, 2, 1)(byTonic), [N, keyClasses]));

  return { key, summary: [mean(loudness, [1]), hearHarmonics(relative, weights)] };
}

/** What stays when pitch is moved: templates slid over the semitones, on averages of four frames. */
function hearHarmonics(relative: Tensor, weights: Weights): Tensor {
  const [N, frames, bands] = [relative.shape[0]!, relative.shape[1]!, relative.shape[2]!];
  const groups = Math.floor(frames / 4);
  const grouped = mean(reshape(slice(relative, 1, 0, groups * 4), [N * groups, 4, bands]), [1]);
  const templates = convolveAxis(weights, 'harmonics', reshape(grouped, [N * groups, 1, bands]), {
    taps: templateSpan,
    width: 24,
    edge: 'inside',
  });
  return mean(reshape(templates, [N, groups, 24, bands - templateSpan + 1]), [1, 3]);
}
