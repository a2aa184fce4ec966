import seedrandom from 'seedrandom';

/** Uniform in [0, 1), 32 bits of it. Each call takes the next number of its own stream. */
export type Draw = () => number;

/**
 * A fresh stream of draws for one purpose, one actor and one step of that actor. The same key gives the same draws, in
 * any order and on any number of workers, and one more draw elsewhere shifts nothing.
 *
 * @param purpose why numbers are drawn: 'session', 'taste', …: two purposes never share draws.
 * @param actor   whole number in [0, 2³²): who draws.
 * @param step    whole number in [0, 2³²): which occasion of that actor; default 0.
 */
export type Streams = (purpose: string, actor: number, step?: number) => Draw;

/** Streams that also give away the key of a purpose, for {@link keyInto}: where a stream object per occasion is too much. */
export interface KeyedStreams extends Streams {
  keyOf(purpose: string): Key;
}

/** Two words of 32 bits. */
export type Key = readonly [number, number];

/**
 * All randomness of a world. The seed string is expanded to a 64-bit key by `seedrandom`, once; everything after that is
 * the counter-based generator threefry2x32 with 20 rounds: key(purpose) → key(actor, step) → block(counter).
 *
 * @see Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3. A new stream costs about 0.1 µs.
 */
export function createStreams(seed: string): KeyedStreams {
  const expand = seedrandom(seed);
  const key0 = expand.int32();
  const key1 = expand.int32();
  const purposeKeys = new Map<string, Key>();
  const keyOf = (purpose: string): Key => {
    let key = purposeKeys.get(purpose);
    if (!key) {
      const words = seedrandom(`${purpose} of ${seed}`);
      threefry2x32(words.int32(), words.int32(), key0, key1);
      key = [block[0]!, block[1]!];
      purposeKeys.set(purpose, key);
    }
    return key;
  };
  const streams = (purpose: string, actor: number, step = 0): Draw => {
    keyInto(keyOf(purpose), actor, step);
    return streamOf(block[0]!, block[1]!);
  };
  return Object.assign(streams, { keyOf });
}

/** The key of one actor and one step of it, under the key of a purpose; left in {@link block}. */
export const keyInto = (purpose: Key, actor: number, step = 0): void =>
  threefry2x32(actor | 0, step | 0, purpose[0], purpose[1]);

/**
 * Word `i` of the stream of a key: 32 random bits as a signed integer. Any word can be asked for without those before it, in
 * 4 ns, so an occasion that owns words 8n to 8n + 7 needs no stream object of its own. For each key a permutation of all 32-bit
 * numbers: three rounds of multiplying and shifting, the second word of the key added after the first of them.
 *
 * @see Wellons (2018), Prospecting for hash functions: triple32, whose constants these are. Held against the project's battery.
 */
export function wordAt(key0: number, key1: number, i: number): number {
  let x = (i + key0) | 0;
  x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb);
  x = (x + key1) | 0;
  x = Math.imul(x ^ (x >>> 11), 0xac4c1b51);
  x = Math.imul(x ^ (x >>> 15), 0x31848bab);
  return x ^ (x >>> 14);
}

/** A whole number in [0, n) made of the 32 bits of a word; n ≤ 2³². */
export const wordBelow = (word: number, n: number): number => Math.floor((word >>> 0) * 2 ** -32 * n);

/** Draws of one 64-bit key: block i of threefry gives draws 2i and 2i + 1. */
function streamOf(key0: number, key1: number): Draw {
  let counter = 0;
  let spare = 0;
  let hasSpare = false;
  return () => {
    if (hasSpare) {
      hasSpare = false;
      return spare;
    }
    threefry2x32(counter++, 0, key0, key1);
    spare = (block[1]! >>> 0) * 2 ** -32;
    hasSpare = true;
    return (block[0]! >>> 0) * 2 ** -32;
  };
}

/** Where {@link threefry2x32} leaves its two words. */
export const block = new Int32Array(2);

const rotate = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

/**
 * threefry2x32-20 of counter (c0, c1) under key (k0, k1); the result is left in {@link block}. Integers only. Five groups of
 * four rounds, each an addition, a rotation and an exclusive or; groups take the one and the other four rotations in turn.
 * After each the key is added, its three words in turn, with the number of the group. Rotations are constants here and
 * rounds are written out, since nothing in a simulated day is called more often.
 */
export function threefry2x32(c0: number, c1: number, k0: number, k1: number): void {
  let [a, b, c] = [k0, k1, 0x1bd11bda ^ k0 ^ k1];
  let x0 = (c0 + a) | 0;
  let x1 = (c1 + b) | 0;
  for (let group = 1; ; group += 2) {
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, 13) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, 15) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, 26) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, 6) ^ x0;
    x0 = (x0 + b) | 0;
    x1 = (x1 + c + group) | 0;
    if (group === 5) break;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, 17) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, 29) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, 16) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, 24) ^ x0;
    x0 = (x0 + c) | 0;
    x1 = (x1 + a + group + 1) | 0;
    const last = c;
    c = b;
    b = a;
    a = last;
  }
  block[0] = x0;
  block[1] = x1;
}

/** A standard normal number from two draws (Box–Muller, the cosine half). */
export function normalFrom(draw: Draw): number {
  const radius = Math.sqrt(-2 * Math.log(1 - draw()));
  return radius * Math.cos(2 * Math.PI * draw());
}

/** A whole number in [0, n). */
export const below = (n: number, draw: Draw): number => Math.floor(draw() * n);
