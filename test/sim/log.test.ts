import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeVector, Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { EventBuffer, rowsOf } from '../../engine/core/events.ts';
import { readNpy } from '../../engine/core/npy.ts';
import { openEventFile, readEvents, writeEvents, writeListeners, writeTracks, writeTruth } from '../../sim/log.ts';
import { digestOfEvents, livePast, smallWorld } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-log-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => join(folder, ...names);

const world = smallWorld({}, { historyDays: 3 });
const { log } = livePast(world);

describe('the event log', () => {
  it('comes back from its file as it was', () => {
    writeEvents(at('day.arrow'), log);
    expect(digestOfEvents(readEvents(at('day.arrow')))).toBe(digestOfEvents(log));
    writeEvents(at('empty.arrow'), new EventBuffer().slice());
    expect(readEvents(at('empty.arrow')).length).toBe(0);
  });

  it('is the same file for the same events, and leaves nothing else behind', () => {
    writeEvents(at('one.arrow'), log);
    writeEvents(at('two.arrow'), log);
    expect(readFileSync(at('one.arrow')).equals(readFileSync(at('two.arrow')))).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('is the same file however the rows come, in many batches, and is not to be seen before its end', () => {
    const many = new EventBuffer();
    while (many.length < 200_000) many.append(log);
    const events = many.slice();
    writeEvents(at('whole.arrow'), events);
    const file = openEventFile(at('cut.arrow'));
    let from = 0;
    for (let step = 1; from < events.length; step = (7 * step) % 90_001) {
      const to = Math.min(events.length, from + step);
      file.add(rowsOf(events, from, to));
      from = to;
    }
    expect(existsSync(at('cut.arrow'))).toBe(false);
    file.finish();
    expect(readFileSync(at('cut.arrow')).equals(readFileSync(at('whole.arrow')))).toBe(true);
    expect(tableFromIPC(readFileSync(at('cut.arrow'))).batches.length).toBe(Math.ceil(events.length / 65_536));
    expect(digestOfEvents(readEvents(at('cut.arrow')))).toBe(digestOfEvents(events));
  });

  it('leaves nothing behind when it is given up, and takes no more', () => {
    const before = readdirSync(folder);
    const file = openEventFile(at('given-up.arrow'));
    file.add(log);
    file.abandon();
    expect(readdirSync(folder)).toEqual(before);
    expect(() => file.finish()).toThrow(/after its end/);
  });

  it('reads as names for anybody who opens it with Arrow', () => {
    writeEvents(at('named.arrow'), log);
    const table = tableFromIPC(readFileSync(at('named.arrow')));
    const kinds = new Set(Array.from({ length: 500 }, (_, i) => table.get(i)?.toJSON().kind));
    expect(kinds.has('play') && kinds.has('skip')).toBe(true);
  });

  it('says what is wrong with a file that is not one', () => {
    writeFileSync(at('text.arrow'), 'not arrow at all');
    expect(() => readEvents(at('text.arrow'))).toThrow(/not an event log/);
    expect(() => readEvents(at('missing.arrow'))).toThrow(/no event log at/);
    writeListeners(at('listeners.arrow'), world);
    expect(() => readEvents(at('listeners.arrow'))).toThrow(/no column 'user'/);
  });
});

describe('an event log of somebody else', () => {
  /** The first rows, with one column of other numbers. */
  const withColumn = (name: string, values: Int32Array | Uint16Array | Float64Array | BigInt64Array): string => {
    writeEvents(at('first.arrow'), rowsOf(log, 0, 3));
    const table = tableFromIPC(readFileSync(at('first.arrow')));
    const columns = table.schema.fields.map((field) => [field.name, table.getChild(field.name)!]);
    const other = new Table({ ...Object.fromEntries(columns), [name]: makeVector(values) });
    writeFileSync(at('other.arrow'), tableToIPC(other, 'file'));
    return at('other.arrow');
  };

  it('is read when its numbers are as wide as ours', () => {
    expect(readEvents(withColumn('time', new Int32Array([1, 2, 3]))).time).toEqual(new Int32Array([1, 2, 3]));
  });

  it.each([
    ['time', new BigInt64Array([1n, 2n, 3n]), /column 'time' holds Int64, not Int32/],
    ['time', new Float64Array([1, 2, 3]), /column 'time' holds Float64, not Int32/],
    ['user', new Int32Array([1, 2, 3]), /column 'user' holds Int32, not Uint32/],
    ['position', new Uint16Array([1, 2, 3]), /column 'position' holds Uint16, not Int16/],
  ])('is refused where they are not: %s', (name, values, message) => {
    expect(() => readEvents(withColumn(name, values))).toThrow(message);
  });
});

describe('the tables', () => {
  it('have one row per listener and track, in order', () => {
    writeListeners(at('listeners.arrow'), world);
    writeTracks(at('tracks.arrow'), world);
    const listeners = tableFromIPC(readFileSync(at('listeners.arrow')));
    const tracks = tableFromIPC(readFileSync(at('tracks.arrow')));
    expect(listeners.numRows).toBe(world.catalogue.listeners.length);
    expect(listeners.get(5)?.toJSON()).toEqual(world.catalogue.listeners[5]);
    expect(tracks.get(7)?.toJSON()).toEqual(world.catalogue.tracks[7]);
  });

  it('of truth are enough to compute a utility again', () => {
    writeTruth(world, at('truth'));
    const taste = readNpy(at('truth/sound_taste.npy'));
    const features = readNpy(at('truth/sound_features.npy'));
    const sound = (track: number): number =>
      Array.from(
        { length: taste.cols },
        (_, c) => taste.data[9 * taste.cols + c]! * features.data[track * taste.cols + c]!,
      ).reduce((sum, product) => sum + product, 0);
    // Standardising is linear: differences of matches are in one proportion.
    const scale = (world.truth.on(0).soundMatch(9, 20) - world.truth.on(0).soundMatch(9, 10)) / (sound(20) - sound(10));
    for (const track of [0, 50, 299]) {
      expect(world.truth.on(0).soundMatch(9, track) - world.truth.on(0).soundMatch(9, 10)).toBeCloseTo(
        scale * (sound(track) - sound(10)),
        6,
      );
    }
    const tracks = tableFromIPC(readFileSync(at('truth/tracks.arrow')));
    expect(readdirSync(at('truth')).filter((name) => name.startsWith('destination'))).toEqual([]);
    expect(tracks.get(3)?.toJSON().tempoBpm).toBe(world.sounds.tempoBpm[3]);
    expect(
      tableFromIPC(readFileSync(at('truth/listeners.arrow')))
        .get(0)
        ?.toJSON().cohort,
    ).toBe('regulars');
  });

  it('of truth are enough to compute the match of any day again where taste drifts', () => {
    const drift = 0.5;
    const drifting = smallWorld({ drift });
    writeTruth(drifting, at('drifting'));
    const features = readNpy(at('drifting/sound_features.npy'));
    const match = (file: string, track: number): number => {
      const taste = readNpy(at('drifting', file));
      const terms = Array.from(
        { length: taste.cols },
        (_, c) => taste.data[9 * taste.cols + c]! * features.data[track * taste.cols + c]!,
      );
      return terms.reduce((sum, term) => sum + term, 0);
    };
    const angle = (Math.asin(Math.sqrt(drift)) * 200) / 365;
    for (const track of [0, 50, 299]) {
      const expected =
        Math.cos(angle) * match('sound_taste.npy', track) +
        Math.sin(angle) * match('destination_sound_taste.npy', track);
      expect(drifting.truth.on(200).soundMatch(9, track)).toBeCloseTo(expected, 2);
    }
    expect(readNpy(at('drifting/destination_scenes.npy'))).toMatchObject({ rows: 216, cols: 3 });
  });
});
