import type { Draw } from '../../../../engine/core/random.ts';

/** A policy as its paper writes it, over plain arrays: slow, and short enough to be seen to be right. Says if it was a hit. */
export interface SlowPolicy {
  access(key: number, timeS: number): boolean;
  remove(key: number): void;
}

const without = (keys: readonly number[], key: number): number[] => keys.filter((other) => other !== key);

/** Oldest first. */
export function slowFifo(capacity: number): SlowPolicy {
  let queue: number[] = [];
  return {
    access: (key) => {
      if (queue.includes(key)) return true;
      queue = [...queue, key].slice(-capacity);
      return false;
    },
    remove: (key) => {
      queue = without(queue, key);
    },
  };
}

/** Least recent first. */
export function slowLru(capacity: number): SlowPolicy {
  let order: number[] = [];
  return {
    access: (key) => {
      const isHit = order.includes(key);
      order = [...without(order, key), key].slice(-capacity);
      return isHit;
    },
    remove: (key) => {
      order = without(order, key);
    },
  };
}

/** Zhang et al. (2024), algorithm 1: T from head to tail, p the key under the hand. */
export function slowSieve(capacity: number): SlowPolicy {
  let T: number[] = [];
  let p: number | undefined;
  const visited = new Set<number>();
  const previous = (key: number): number | undefined => T[T.indexOf(key) - 1];
  return {
    access: (x) => {
      if (T.includes(x)) {
        visited.add(x);
        return true;
      }
      if (T.length === capacity) {
        let o = p ?? T.at(-1)!;
        while (visited.has(o)) {
          visited.delete(o);
          o = previous(o) ?? T.at(-1)!;
        }
        p = previous(o);
        T = without(T, o);
      }
      T = [x, ...T];
      visited.delete(x);
      return false;
    },
    remove: (x) => {
      if (p === x) p = previous(x);
      T = without(T, x);
    },
  };
}

/** Einziger, Friedman & Manes (2017), section 4: window W, probation P and protected Q, each least recent first. */
export function slowWTinyLfu(capacity: number): SlowPolicy {
  const sizeOfW = Math.max(1, Math.floor(capacity / 100));
  const sizeOfMain = capacity - sizeOfW;
  const sizeOfQ = Math.floor((4 * sizeOfMain) / 5);
  let [W, P, Q]: [number[], number[], number[]] = [[], [], []];
  let reads = 0;
  let counts = new Map<number, number>();
  const frequency = (key: number): number => counts.get(key) ?? 0;
  const note = (key: number): void => {
    counts.set(key, Math.min(15, frequency(key) + 1));
    reads += 1;
    if (reads === 10 * capacity) {
      counts = new Map([...counts].map(([other, count]) => [other, Math.floor(count / 2)]));
      reads = 0;
    }
  };
  return {
    access: (x) => {
      note(x);
      if (W.includes(x)) {
        W = [...without(W, x), x];
        return true;
      }
      if (P.includes(x) || Q.includes(x)) {
        P = without(P, x);
        Q = [...without(Q, x), x];
        if (Q.length > sizeOfQ) {
          P = [...P, Q[0]!];
          Q = Q.slice(1);
        }
        return true;
      }
      W = [...W, x];
      if (W.length <= sizeOfW) return false;
      const candidate = W[0]!;
      W = W.slice(1);
      const victim = P[0] ?? Q[0];
      if (P.length + Q.length < sizeOfMain) P = [...P, candidate];
      else if (victim !== undefined && frequency(candidate) > frequency(victim)) {
        [P, Q] = [without(P, victim), without(Q, victim)];
        P = [...P, candidate];
      }
      return false;
    },
    remove: (x) => {
      [W, P, Q] = [without(W, x), without(P, x), without(Q, x)];
    },
  };
}

/** Yang et al. (2023), algorithm 1: S, M and G from head to tail. */
export function slowS3Fifo(capacity: number): SlowPolicy {
  const sizeOfS = Math.max(1, Math.floor(0.1 * capacity + 1e-9));
  const sizeOfM = capacity - sizeOfS;
  const S: number[] = [];
  const M: number[] = [];
  const G: number[] = [];
  const freq = new Map<number, number>();
  const evictM = (): void => {
    let evicted = false;
    while (!evicted && M.length > 0) {
      const t = M.pop()!;
      if (freq.get(t)! > 0) {
        M.unshift(t);
        freq.set(t, freq.get(t)! - 1);
      } else evicted = true;
    }
  };
  const evictS = (): void => {
    let evicted = false;
    while (!evicted && S.length > 0) {
      const t = S.pop()!;
      if (freq.get(t)! > 1) {
        M.unshift(t);
        freq.set(t, 0);
        if (M.length > sizeOfM) evictM();
      } else {
        G.unshift(t);
        G.length = Math.min(G.length, sizeOfM);
        evicted = true;
      }
    }
  };
  const take = (queue: number[], key: number): boolean => {
    if (!queue.includes(key)) return false;
    queue.splice(queue.indexOf(key), 1);
    return true;
  };
  return {
    access: (x) => {
      if (S.includes(x) || M.includes(x)) {
        freq.set(x, Math.min(freq.get(x)! + 1, 3));
        return true;
      }
      while (S.length + M.length === capacity) {
        if (S.length >= sizeOfS) evictS();
        else evictM();
      }
      if (take(G, x)) M.unshift(x);
      else S.unshift(x);
      freq.set(x, 0);
      return false;
    },
    remove: (x) => void (take(S, x) || take(M, x)),
  };
}

/**
 * Redis 7, src/evict.c: objects with a clock, and a pool of 16 places that are filled from the left, some of which may be empty.
 * Only the choice of samples is ours.
 */
function slowRedis(
  capacity: number,
  draw: Draw,
  object: {
    make(timeS: number): RedisObject;
    touch(o: RedisObject, timeS: number): void;
    idle(o: RedisObject, timeS: number): number;
  },
): SlowPolicy {
  const dict = new Map<number, RedisObject>();
  let order: number[] = [];
  const pool: ({ key: number; idle: number } | undefined)[] = new Array(16).fill(undefined);
  const populate = (timeS: number): void => {
    const count = Math.min(5, order.length);
    for (let j = 0; j < count; j++) {
      const other = j + Math.floor(draw() * (order.length - j));
      [order[j], order[other]] = [order[other]!, order[j]!];
      const key = order[j]!;
      const idle = object.idle(dict.get(key)!, timeS);
      let k = 0;
      while (k < 16 && pool[k] !== undefined && pool[k]!.idle < idle) k++;
      if (k === 0 && pool[15] !== undefined) continue;
      if (k === 16 || pool[k] !== undefined) {
        if (pool[15] === undefined) {
          for (let i = 15; i > k; i--) pool[i] = pool[i - 1];
        } else {
          k--;
          for (let i = 0; i < k; i++) pool[i] = pool[i + 1];
        }
      }
      pool[k] = { key, idle };
    }
  };
  const drop = (key: number): void => {
    if (!dict.delete(key)) return;
    // As a table of places does it: the last one takes the free place.
    const place = order.indexOf(key);
    const last = order.pop()!;
    if (last !== key) order[place] = last;
  };
  const evict = (timeS: number): void => {
    for (;;) {
      populate(timeS);
      for (let k = 15; k >= 0; k--) {
        const best = pool[k];
        if (best === undefined) continue;
        pool[k] = undefined;
        if (!dict.has(best.key)) continue;
        drop(best.key);
        return;
      }
    }
  };
  return {
    access: (key, timeS) => {
      const found = dict.get(key);
      if (found) {
        object.touch(found, timeS);
        return true;
      }
      if (dict.size === capacity) evict(timeS);
      dict.set(key, object.make(timeS));
      order = [...order, key];
      return false;
    },
    remove: drop,
  };
}

interface RedisObject {
  lru: number;
  counter: number;
}

export const slowRedisLru = (capacity: number, draw: Draw): SlowPolicy =>
  slowRedis(capacity, draw, {
    make: (timeS) => ({ lru: Math.floor(timeS), counter: 0 }),
    touch: (o, timeS) => {
      o.lru = Math.floor(timeS);
    },
    idle: (o, timeS) => Math.floor(timeS) - o.lru,
  });

export function slowRedisLfu(capacity: number, draw: Draw): SlowPolicy {
  const minute = (timeS: number): number => Math.floor(timeS / 60);
  const decrAndReturn = (o: RedisObject, timeS: number): number => {
    const periods = minute(timeS) - o.lru;
    return periods > o.counter ? 0 : o.counter - periods;
  };
  const logIncr = (counter: number): number => {
    if (counter === 255) return 255;
    const r = draw();
    let baseval = counter - 5;
    if (baseval < 0) baseval = 0;
    const p = 1.0 / (baseval * 10 + 1);
    return r < p ? counter + 1 : counter;
  };
  return slowRedis(capacity, draw, {
    make: (timeS) => ({ lru: minute(timeS), counter: 5 }),
    touch: (o, timeS) => {
      o.counter = logIncr(decrAndReturn(o, timeS));
      o.lru = minute(timeS);
    },
    idle: (o, timeS) => 255 - decrAndReturn(o, timeS),
  });
}

/** The fewest misses of any choice of keys to evict, all of them tried. */
export function fewestMisses(capacity: number, refs: readonly number[]): number {
  const known = new Map<string, number>();
  const from = (i: number, cached: readonly number[]): number => {
    if (i === refs.length) return 0;
    const state = `${i}:${cached.join()}`;
    const found = known.get(state);
    if (found !== undefined) return found;
    const x = refs[i]!;
    let best: number;
    if (cached.includes(x)) best = from(i + 1, cached);
    else {
      const rooms = cached.length < capacity ? [cached] : cached.map((key) => without(cached, key));
      best =
        1 +
        Math.min(
          ...rooms.map((room) =>
            from(
              i + 1,
              [...room, x].sort((a, b) => a - b),
            ),
          ),
        );
    }
    known.set(state, best);
    return best;
  };
  return from(0, []);
}
