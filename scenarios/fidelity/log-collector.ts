import { DubplateError } from '../../engine/core/errors.ts';
import { invalid } from '../../engine/interactions/input-errors.ts';
import { plural } from '../../reports/format.ts';
import { type Listening, spanInDays } from './listening.ts';
import { clockTime, firstMomentS } from './moments.ts';
import type { PlayFormat, PlayRow, Reading } from './play-row.ts';
import { type PlayedTime, type Sample, withoutPlayedTime } from './sample.ts';

export interface Clock {
  /** What listeners' clocks are ahead of UTC, −12 to 14; without summer time. */
  readonly utcOffsetHours: number;
  /** The present, in seconds since 1970: nobody has listened after it. */
  readonly nowS: number;
}

/** More broken rows than this share, and a file is taken for something else. */
const mostBroken = 0.1;
/** Broken rows that are named. */
const shownBroken = 3;

/** Gathers the plays of a log, file by file, and says what was left out of each. */
export class LogCollector {
  readonly #clock: Clock;
  readonly #people = new Map<string, Person>();
  readonly #tracks = new Map<string, number>();
  readonly #artists = new Map<string, number>();
  readonly #artistOf: number[] = [];
  readonly #notes: string[] = [];
  readonly #formats = new Set<PlayFormat>();
  #plays = 0;
  #withPlayedTime = 0;
  /** Plays that say whose they are. */
  #withListener = 0;
  #zoned = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begin a file; its rows are given one by one, and `end` says that it is over. */
  file(path: string, owner: string, format: PlayFormat): FileCollector {
    this.#formats.add(format);
    const broken: string[] = [];
    const leftOut = new Map<string, number>();
    let rows = 0;
    let brokenRows = 0;
    const leave = (what: string): void => {
      leftOut.set(what, (leftOut.get(what) ?? 0) + 1);
    };
    return {
      add: (reading, place) => {
        rows++;
        if ('broken' in reading) {
          brokenRows++;
          if (broken.length < shownBroken) broken.push(`${place}: ${reading.broken}`);
        } else if ('leftOut' in reading) leave(reading.leftOut);
        else if (reading.startedAt > this.#clock.nowS) leave('plays in the future');
        else if (reading.startedAt < firstMomentS) leave('plays before 2002');
        else this.#take(reading, owner);
      },
      end: () => {
        const named = `${broken.join('; ')}${brokenRows > broken.length ? '; …' : ''}`;
        if (brokenRows > mostBroken * rows) {
          throw invalid(
            path,
            `has ${brokenRows} broken rows of ${rows}, more than a tenth (${named})`,
            `It was read as ${format.name}. Check that it is one, and whole.`,
          );
        }
        if (brokenRows > 0)
          this.#notes.push(`${path}: ${brokenRows} of ${rows} rows are broken and were left out (${named}).`);
        for (const [what, count] of leftOut) this.#notes.push(`${path}: ${count} ${what} were left out.`);
        if (rows === 0) this.#notes.push(`${path}: has no plays.`);
      },
    };
  }

  note(text: string): void {
    this.#notes.push(text);
  }

  /**
   * All plays, of each listener in order of time.
   * @param path to name in errors.
   * @throws DubplateError INVALID_INPUT when nothing is left.
   */
  finish(path: string): RealLog {
    if (this.#plays === 0) {
      throw new DubplateError('INVALID_INPUT', `${path} holds no plays that can be used`, {
        hint: ['Give a listening log with at least one play.', ...this.#notes].join(' '),
      });
    }
    let repeated = 0;
    const names: string[] = [];
    const listeners: Listening[] = [];
    let listenerDays = 0;
    for (const [name, person] of this.#people) {
      const log = person.listening();
      repeated += person.length - log.track.length;
      listenerDays += spanInDays(log);
      names.push(name);
      listeners.push(log);
    }
    if (repeated > 0)
      this.#notes.push(
        `${plural(repeated, 'play')} of the same track by the same listener at the same second ${repeated === 1 ? 'was' : 'were'} left out as ${repeated === 1 ? 'a duplicate' : 'duplicates'}.`,
      );
    if (this.#zoned > 0)
      this.#notes.push(
        `${plural(this.#zoned, 'play')} came with a zone such as +02:00, which is turned to UTC; the listeners’ clocks are taken as UTC${signed(this.#clock.utcOffsetHours)}, see --utc-offset.`,
      );
    this.#notes.push(this.#whoIsWho(listeners.length));
    const playedTime = this.#playedTime();
    const sample: Sample = { listeners, listenerDays, playedTime, artistOf: this.#artistOf, releases: undefined };
    return {
      sample: playedTime === 'none' ? withoutPlayedTime(sample) : sample,
      names,
      formats: [...this.#formats].map(({ name }) => name),
      notes: this.#notes,
    };
  }

  #take({ listener, artist, track, startedAt, isZoned, playedMs }: PlayRow, owner: string): void {
    const name = listener ?? owner;
    let person = this.#people.get(name);
    if (!person) {
      person = new Person();
      this.#people.set(name, person);
    }
    const artistRow = numberOf(this.#artists, artist);
    const trackRow = numberOf(this.#tracks, `${artist}\n${track}`);
    this.#artistOf[trackRow] = artistRow;
    person.add(trackRow, clockTime(startedAt, this.#clock.utcOffsetHours), playedMs ?? 0);
    this.#plays++;
    if (listener !== undefined) this.#withListener++;
    if (isZoned) this.#zoned++;
    if (playedMs !== undefined) this.#withPlayedTime++;
  }

  #whoIsWho(listeners: number): string {
    const many = plural(listeners, 'listener');
    if (this.#withListener === this.#plays) return `${many}, told apart by the user that each play names.`;
    if (this.#withListener === 0)
      return `${many}, told apart by the names of files and folders: no play names a user. The files of one person belong in one folder.`;
    return `${many}: ${this.#plays - this.#withListener} of ${this.#plays} plays name no user and are those of whom their file or folder is named after.`;
  }

  /** What all files say, the least of them. A few missing lengths do not spoil sessions. */
  #playedTime(): PlayedTime {
    const kinds = [...this.#formats].map(({ playedTime }) => playedTime);
    if (kinds.includes('none') || this.#withPlayedTime < 0.9 * this.#plays) return 'none';
    return kinds.includes('length') ? 'length' : 'heard';
  }
}

export interface FileCollector {
  /** @param place of the row, such as `line 7`. */
  add(reading: Reading, place: string): void;
  /** @throws DubplateError INVALID_INPUT when more than a tenth of the rows is broken. */
  end(): void;
}

/** A real log of listening. */
export interface RealLog {
  readonly sample: Sample;
  /** Of the listeners, in the sample's order. */
  readonly names: readonly string[];
  readonly formats: readonly string[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

/** One listener's plays as they come. */
class Person {
  #track = new Uint32Array(16);
  #time = new Int32Array(16);
  #playedMs = new Uint32Array(16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(track: number, time: number, playedMs: number): void {
    if (this.#length === this.#track.length) {
      const longer = 2 * this.#length;
      this.#track = enlarge(this.#track, new Uint32Array(longer));
      this.#time = enlarge(this.#time, new Int32Array(longer));
      this.#playedMs = enlarge(this.#playedMs, new Uint32Array(longer));
    }
    const at = this.#length++;
    this.#track[at] = track;
    this.#time[at] = time;
    this.#playedMs[at] = playedMs;
  }

  /** In order of time, then as they came; a play that is there twice counts once. */
  listening(): Listening {
    const [track, time] = [this.#track, this.#time];
    const order = Uint32Array.from({ length: this.#length }, (_, i) => i).sort((a, b) => time[a]! - time[b]! || a - b);
    const kept = order.filter((i, n) => {
      for (let m = n - 1; m >= 0 && time[order[m]!] === time[i]; m--) if (track[order[m]!] === track[i]) return false;
      return true;
    });
    return {
      track: kept.map((i) => track[i]!),
      time: Int32Array.from(kept, (i) => time[i]!),
      playedMs: kept.map((i) => this.#playedMs[i]!),
    };
  }
}

const signed = (hours: number): string => (hours < 0 ? `−${-hours}` : `+${hours}`);

function enlarge<A extends Uint32Array | Int32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}
