/** Length of a frame in samples: 16 ms. */
const frame = 128;

/** Frames before a frame that it is compared with: 64 ms. A new onset comes 80 ms after the last, or later. */
const before = 4;

/** How much louder a frame must be than the loudest of those before: 3 dB. */
const rise = 2;

/** Mean square below which a frame counts as silent: 70 dB below full scale. */
const silent = 1e-7;

/** So many onsets make a pulse. */
const fewest = 4;

/**
 * Counts where a recording suddenly gets louder, as it does when something is struck or plucked: by the power of 16 ms frames of the
 * differentiated signal, in which drums stand out above what is held. Who hears fewer than four onsets cannot tell a tempo.
 */
export class OnsetCounter {
  #onsets = 0;
  #last = 0;
  #power = 0;
  #filled = 0;
  #frames = 0;
  #lastOnset = Number.NEGATIVE_INFINITY;
  readonly #recent = new Float64Array(before);

  /** @param samples mono, 8 kHz. */
  hear(samples: Float32Array): void {
    for (const sample of samples) {
      const difference = sample - this.#last;
      this.#last = sample;
      this.#power += difference * difference;
      this.#filled += 1;
      if (this.#filled === frame) this.#endFrame();
    }
  }

  /** Is there something that could be counted along to? */
  get hasPulse(): boolean {
    return this.#onsets >= fewest;
  }

  #endFrame(): void {
    const power = this.#power / frame + silent;
    const isLouder = power > rise * Math.max(...this.#recent) && power > 2 * silent;
    if (isLouder && this.#frames - this.#lastOnset > before) {
      this.#onsets += 1;
      this.#lastOnset = this.#frames;
    }
    this.#recent[this.#frames % before] = power;
    this.#frames += 1;
    this.#power = 0;
    this.#filled = 0;
  }
}
