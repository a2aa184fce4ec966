import { describe, expect, it } from 'vitest';
import { block, createStreams, type Draw, keyInto, wordAt } from '../../../engine/core/random.ts';
import { stepOf, wordOf } from '../../../sim/steps.ts';
import { battery, type Draws } from './battery.ts';

const n = 2 ** 17;
const streams = createStreams('battery');
const take = (draw: (i: number) => number, count = n): Draws => Float64Array.from({ length: count }, (_, i) => draw(i));
/** The first draws of many streams, one after the other. */
const firstOf = (stream: (i: number) => Draw, each: number): Draws => {
  const draws = new Float64Array(n);
  for (let i = 0; i < n; i += each) {
    const draw = stream(i / each);
    for (let j = 0; j < each; j++) draws[i + j] = draw();
  }
  return draws;
};

const session = streams.keyOf('session');
/** Word `i` of one actor on one day. */
const word = (actor: number, step: number, i: number): number => {
  keyInto(session, actor, step);
  return (wordAt(block[0]!, block[1]!, i) >>> 0) * 2 ** -32;
};

const sequences: Readonly<Record<string, Draws>> = {
  'one stream': take(streams('session', 0)),
  'the first draws of neighbouring actors': firstOf((actor) => streams('session', actor), 1),
  'four draws each of neighbouring actors': firstOf((actor) => streams('taste', actor), 4),
  'one actor, day after day': firstOf((i) => streams('life', 7, stepOf((i & 0xffff) - 32_768, i >> 16)), 1),
  'one actor, position after position': firstOf((p) => streams('session', 123_456, stepOf(20, p >> 10, p & 1023)), 2),
  'actors far apart': firstOf((actor) => streams('session', Math.imul(actor, 0x10001) >>> 0), 1),
  purposes: firstOf((purpose) => streams(`purpose ${purpose}`, 0), 64),
  'words of one key': take((i) => word(3, stepOf(1), i)),
  'every eighth word of one key': take((i) => word(4, stepOf(1), 8 * i)),
  'words of positions, session after session': take((i) => word(5, stepOf(2), wordOf(i >> 10, i & 1023))),
  'the same word of neighbouring actors': take((i) => word(i, stepOf(3), 9)),
  'the same word day after day': take((i) => word(6, stepOf((i & 0xffff) - 32_768, i >> 16), 2)),
  'a few words each of neighbouring actors': take((i) => word(i >> 2, stepOf(4), i & 3)),
  worlds: firstOf((world) => createStreams(`seed/${world}`)('session', 0), 64),
};

describe('keyed draws stand every test of the battery', () => {
  for (const [sequence, draws] of Object.entries(sequences)) {
    it.each(Object.keys(battery) as (keyof typeof battery)[])(`${sequence}: %s`, (test) => {
      expect(Math.abs(battery[test](draws))).toBeLessThan(4);
    });
  }

  it('and nothing links what two actors, two purposes or two days draw', () => {
    const pairs: readonly (readonly [Draw, Draw])[] = [
      [streams('session', 1), streams('session', 2)],
      [streams('session', 1), streams('shadow', 1)],
      [streams('session', 1, stepOf(3)), streams('session', 1, stepOf(4))],
      [streams('session', 1), createStreams('battery ')('session', 1)],
    ];
    for (const [a, b] of pairs) {
      const turns = take((i) => (i % 2 === 0 ? a() : b()));
      for (const [name, test] of Object.entries(battery)) expect(Math.abs(test(turns)), name).toBeLessThan(4);
    }
  });
});

describe('the battery notices', () => {
  it.each<[string, keyof typeof battery, (i: number) => number]>([
    ['a byte that comes too often', 'frequency', (i) => (i % 50 === 0 ? 0.999 : streams('x', i)())],
    ['a draw that follows the last', 'serial', (i) => (streams('y', i >> 1)() + (i & 1) * 0.5) % 1],
    ['what rises and falls in turn', 'runs', (i) => ((i & 1) + streams('z', i)()) / 2],
    [
      'an echo after seven draws',
      'correlation',
      (i) => (i % 14 < 7 ? streams('e', i)() : 0.9 * streams('e', i - 7)() + 0.05),
    ],
    ['steps of one length', 'birthdays', (i) => (i * 0.618033988749895) % 1],
    ['a counter', 'bitChanges', (i) => i / 2 ** 32],
  ])('%s (%s)', (_, test, draw) => {
    expect(Math.abs(battery[test](take(draw)))).toBeGreaterThan(6);
  });
});
