import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { clockTime, momentOf } from '../../scenarios/fidelity/moments.ts';
import { readListeningLog } from '../../scenarios/fidelity/read-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

const put = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
};
const nowS = Date.UTC(2025, 0, 1) / 1000;
const read = (path: string, utcOffsetHours = 0) => readListeningLog(path, { utcOffsetHours, nowS });
const day = 86_400;
const hour = 3600;
/** Day of the week (0 Monday) and second of the day. */
const onClock = (time: number | undefined) => ({
  weekday: Math.floor((time ?? Number.NaN) / day) % 7,
  second: (time ?? 0) % day,
});

const spotifyPlay = (ts: string, track = 'One', msPlayed = 60_000) => ({
  ts,
  ms_played: msPlayed,
  master_metadata_track_name: track,
  master_metadata_album_artist_name: 'Band',
  spotify_track_uri: `spotify:track:${track}`,
});

describe('moments', () => {
  it.each([
    ['2023-01-05T12:34:56Z', '2023-01-05T12:34:56Z'],
    ['2023-01-05 12:34:56', '2023-01-05T12:34:56Z'],
    ['2023-01-05 12:34', '2023-01-05T12:34:00Z'],
    ['2023-01-05T12:34:56.789Z', '2023-01-05T12:34:56Z'],
    ['2023-01-05T12:34:56+02:00', '2023-01-05T10:34:56Z'],
    ['2023-01-05T23:34:56-0530', '2023-01-06T05:04:56Z'],
    ['2023-01-05 12:34:56+00', '2023-01-05T12:34:56Z'],
    ['05 Jan 2023, 12:34', '2023-01-05T12:34:00Z'],
    ['1672922096', '2023-01-05T12:34:56Z'],
    ['1672922096000', '2023-01-05T12:34:56Z'],
    [1672922096, '2023-01-05T12:34:56Z'],
  ])('%s is read', (text, moment) => {
    expect(momentOf(text)).toBe(Date.parse(moment) / 1000);
  });

  it.each([
    '',
    'yesterday',
    '2023-02-30T00:00:00Z',
    '2023-01-05T25:00:00Z',
    '2023-13-01T00:00:00Z',
    '2023-01-05T10:00:00+99:00',
    '05 Foo 2023, 12:34',
    null,
    {},
  ])('%j is none', (text) => {
    expect(momentOf(text)).toBeUndefined();
  });

  it('go there and back: any second of four decades', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_010_000_000, max: 2_200_000_000 }), (seconds) => {
        expect(momentOf(new Date(seconds * 1000).toISOString())).toBe(seconds);
      }),
    );
  });

  it('have the weekday and hour of the listener’s clock', () => {
    const sunday = Date.UTC(2023, 0, 1, 23, 30) / 1000;
    expect(onClock(clockTime(sunday, 0))).toEqual({ weekday: 6, second: 23.5 * hour });
    expect(onClock(clockTime(sunday, 5.5))).toEqual({ weekday: 0, second: 5 * hour });
    expect(onClock(clockTime(sunday, -8))).toEqual({ weekday: 6, second: 15.5 * hour });
  });
});

describe('Spotify', () => {
  it('has plays that end at their moment, of one person, named by the file, in order of time', async () => {
    const path = put(
      'anna.json',
      JSON.stringify([
        spotifyPlay('2023-01-06T10:05:00Z', 'Two', 120_000),
        spotifyPlay('2023-01-06T10:01:00Z', 'One', 60_000),
        {
          ...spotifyPlay('2023-01-06T11:00:00Z'),
          spotify_track_uri: null,
          master_metadata_track_name: null,
          spotify_episode_uri: 'e',
        },
      ]),
    );
    const { sample, names, notes, formats } = await read(path, 1);
    expect(names).toEqual(['anna']);
    expect(formats).toEqual(['Spotify streaming history']);
    expect(sample).toMatchObject({ playedTime: 'heard', listenerDays: 1 });
    const [log] = sample.listeners;
    expect(Array.from(log?.playedMs ?? [])).toEqual([60_000, 120_000]);
    expect(onClock(log?.time[0])).toEqual({ weekday: 4, second: 11 * hour });
    expect(onClock(log?.time[1])).toEqual({ weekday: 4, second: 11 * hour + 180 });
    expect(notes.join()).toMatch(/1 podcasts and audiobooks were left out/);
  });

  it('reads the history of the last year as well', async () => {
    const path = put(
      'year.json',
      JSON.stringify([{ endTime: '2023-01-06 10:01', artistName: 'Band', trackName: 'One', msPlayed: 1000 }]),
    );
    expect((await read(path)).sample.listeners[0]?.playedMs).toEqual(Uint32Array.of(1000));
  });

  it('in a folder is of a person a file, or a folder; the parts of an export belong together', async () => {
    put('people/ben.json', JSON.stringify([spotifyPlay('2023-01-06T10:01:00Z')]));
    put('people/cleo/a.json', JSON.stringify([spotifyPlay('2023-01-06T10:01:00Z')]));
    put('people/cleo/b.json', JSON.stringify([spotifyPlay('2023-02-06T10:01:00Z')]));
    put('people/cleo/ReadMe.pdf', 'no log');
    const { sample, names } = await read(join(folder, 'people'));
    expect(names).toEqual(['ben', 'cleo']);
    expect(sample.listeners.map(({ track }) => track.length)).toEqual([1, 2]);
    put('dora/Streaming_History_Audio_2022_0.json', JSON.stringify([spotifyPlay('2022-01-06T10:01:00Z')]));
    put('dora/Streaming_History_Audio_2023_1.json', JSON.stringify([spotifyPlay('2023-01-06T10:01:00Z')]));
    expect((await read(join(folder, 'dora'))).names).toEqual(['dora']);
  });

  it('is of whom each play names, whatever its files are called', async () => {
    const plays = ['anna', 'ben', 'cleo'].map((username) => ({ ...spotifyPlay('2023-01-06T10:01:00Z'), username }));
    const one = await read(put('three.json', JSON.stringify(plays)));
    expect(one.names).toEqual(['anna', 'ben', 'cleo']);
    expect(one.notes).toContain('3 listeners, told apart by the user that each play names.');
    put('same/a.json', JSON.stringify(plays));
    put('same/b.json', JSON.stringify(plays));
    const twice = await read(join(folder, 'same'));
    expect(twice.sample).toEqual(one.sample);
    expect(twice.notes.join()).toMatch(/3 plays of the same track .* left out as duplicates/);
    put('unnamed/a.json', JSON.stringify([spotifyPlay('2023-01-06T10:01:00Z')]));
    put('unnamed/b.json', JSON.stringify([spotifyPlay('2023-01-06T10:01:00Z')]));
    expect((await read(join(folder, 'unnamed'))).notes.join()).toMatch(/2 listeners, told apart by the names of files/);
    put('unnamed/c.json', JSON.stringify(plays));
    const { notes, names } = await read(join(folder, 'unnamed'));
    expect(names).toEqual(['a', 'b', 'anna', 'ben', 'cleo']);
    expect(notes.join()).toMatch(/5 listeners: 2 of 5 plays name no user/);
  });

  it('counts a play once that two files have', async () => {
    put('twice/x/a.json', JSON.stringify([spotifyPlay('2023-01-06T10:01:00Z'), spotifyPlay('2023-01-06T10:09:00Z')]));
    put('twice/x/b.json', JSON.stringify([spotifyPlay('2023-01-06T10:01:00Z')]));
    const { sample, notes } = await read(join(folder, 'twice'));
    expect(sample.listeners[0]?.track).toHaveLength(2);
    expect(notes.join()).toMatch(/1 play of the same track .* left out as a duplicate/);
  });
});

const listen = (at: number, track: string, user: string, more = {}) => ({
  listened_at: at,
  user_name: user,
  track_metadata: { track_name: track, artist_name: 'Band', additional_info: more },
});
const monday = Date.UTC(2023, 0, 2) / 1000;

describe('ListenBrainz', () => {
  const listens = [
    listen(monday, 'One', 'eve', { duration_ms: 200_000 }),
    listen(monday + 60, 'Two', 'finn', { duration_ms: 100_000 }),
    listen(monday + 300, 'One', 'eve', { duration_ms: 200_000 }),
  ];

  it.each([
    ['JSON lines', listens.map((row) => JSON.stringify(row)).join('\n')],
    ['an array', JSON.stringify(listens, null, 2)],
    ['an answer of the API', JSON.stringify({ payload: { count: 3, listens } })],
    ['an answer of the API over many lines', JSON.stringify({ payload: { listens } }, null, 2)],
  ])('is read as %s', async (form, text) => {
    const { sample, names } = await read(put(`lb ${form}.json`, text));
    expect(names).toEqual(['eve', 'finn']);
    expect(sample.playedTime).toBe('length');
    expect(sample.listeners[0]).toEqual({
      track: Uint32Array.of(0, 0),
      time: Int32Array.of(clockTime(monday, 0), clockTime(monday, 0) + 300),
      playedMs: Uint32Array.of(200_000, 200_000),
    });
  });

  it('without lengths has no played time at all', async () => {
    const rows = [...listens, listen(monday + 900, 'Two', 'eve'), listen(monday + 1900, 'Two', 'eve')];
    const { sample } = await read(put('some.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')));
    expect(sample.playedTime).toBe('none');
    expect(sample.listeners.every(({ playedMs }) => playedMs.every((ms) => ms === 0))).toBe(true);
  });
});

describe('Last.fm and other tables', () => {
  it('is read in the layout of the 1K users, quotes and all', async () => {
    const path = put(
      'lfm.tsv',
      'user_000001\t2009-05-04T23:08:57Z\tmbid\tDeep "D" Dish\t\tFuck Me 12" Mix\nuser_000002\t2009-05-04T13:54:10Z\t\tBand\t\tOne\n',
    );
    const { sample, names } = await read(path);
    expect(names).toEqual(['user_000001', 'user_000002']);
    expect(sample.playedTime).toBe('none');
    expect(onClock(sample.listeners[0]?.time[0])).toEqual({ weekday: 0, second: 23 * hour + 8 * 60 + 57 });
  });

  it.each([
    [
      'a CSV with names in another order',
      'Track,Artist,User,Timestamp\n"One, two",Band,gus,2023-01-02 00:00\n',
      ['gus'],
    ],
    [
      'an export of one person',
      'uts,utc_time,artist,album,track\n1672617600,"02 Jan 2023, 00:00",Band,LP,One\n',
      ['export of one person'],
    ],
    ['semicolons', 'user;date;artist;song\nhana;02 Jan 2023 00:00;Band;One\n', ['hana']],
    [
      'the names of the 1K users',
      'userid\ttimestamp\tartid\tartname\ttraid\ttraname\nida\t2023-01-02T00:00:00Z\t\tBand\t\tOne',
      ['ida'],
    ],
  ])('is read as %s', async (name, text, people) => {
    const { sample, names } = await read(put(`table of ${name.replace('an export', 'export')}.csv`, text));
    expect(names.map((found) => found.replace('table of ', ''))).toEqual(people);
    expect(sample.listeners[0]?.time).toEqual(Int32Array.of(clockTime(monday, 0)));
  });

  it('has played times where there is a column of them', async () => {
    const { sample } = await read(
      put(
        'heard.csv',
        'time,artist,track,ms_played\n1672617600,Band,One,4000\n1672617700,Band,Two,\n1672617800,Band,Two,5\n'.replace(
          ',\n',
          ',7\n',
        ),
      ),
    );
    expect(sample).toMatchObject({ playedTime: 'heard', listeners: [{ playedMs: Uint32Array.of(4000, 7, 5) }] });
  });

  it('is turned to UTC where it comes with zones, and says so', async () => {
    const table = (time: string) => `user,timestamp,artist,track\njo,${time},Band,One\n`;
    const { sample, notes } = await read(put('zoned.csv', table('2023-01-02T02:00:00+02:00')), -8);
    expect(sample.listeners[0]?.time).toEqual(Int32Array.of(clockTime(monday, -8)));
    expect(notes.join()).toMatch(/1 play came with a zone .* turned to UTC; .* taken as UTC−8, see --utc-offset/);
    for (const time of ['2023-01-02T00:00:00Z', '2023-01-02T00:00:00+00:00', '2023-01-02 00:00', '1672617600']) {
      expect((await read(put('unzoned.csv', table(time)))).notes.join()).not.toMatch(/zone/);
    }
  });

  it('may be gzipped, whatever its name', async () => {
    const text = 'user,timestamp,artist,track\njo,1672617600,Band,One\n';
    expect((await read(put('packed.csv.gz', gzipSync(text)))).names).toEqual(['jo']);
    expect((await read(put('packed.csv', gzipSync(text)))).names).toEqual(['jo']);
    expect(
      (await read(put('packed.json.gz', gzipSync(JSON.stringify([spotifyPlay('2023-01-06T10:01:00Z')]))))).names,
    ).toEqual(['packed']);
  });
});

describe('Parquet', () => {
  it('is read by the names of its columns, whatever their types', async () => {
    const path = join(folder, 'plays.parquet');
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (SELECT 'Band' AS artist_name, 'One' AS track_name, TIMESTAMP '2023-01-02 00:00:00' + INTERVAL (i) HOUR AS timestamp,
      7 AS user_id, 4000 + i AS ms_played FROM range(3) t(i)) TO '${path}' (FORMAT parquet)`);
    connection.closeSync();
    const { sample, names } = await read(path);
    expect(names).toEqual(['7']);
    const start = clockTime(monday, 0);
    expect(sample.listeners[0]?.time).toEqual(Int32Array.of(start, start + hour, start + 2 * hour));
    expect(sample.listeners[0]?.playedMs).toEqual(Uint32Array.of(4000, 4001, 4002));
  });

  it('is refused where it is torn', async () => {
    await expect(read(put('torn.parquet', 'PAR1 and nothing'))).rejects.toThrow(/cannot be read as Parquet/);
  });
});

describe('bad input', () => {
  const lines = (broken: number, good: number) =>
    [
      'user,timestamp,artist,track',
      ...Array.from({ length: good }, (_, i) => `kim,${monday + 300 * i},Band,One`),
      ...Array.from({ length: broken }, () => 'kim,soon,Band,One'),
    ].join('\n');

  it('leaves out broken lines, naming the first of them', async () => {
    const { sample, notes } = await read(put('few.csv', lines(4, 40)));
    expect(sample.listeners[0]?.track).toHaveLength(40);
    expect(notes).toEqual([
      expect.stringMatching(/4 of 44 rows are broken.*line 42: no moment: 'soon'; line 43.*; …\)/),
      '1 listener, told apart by the user that each play names.',
    ]);
  });

  it('refuses a file of which more than a tenth is broken', async () => {
    await expect(read(put('many.csv', lines(5, 40)))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/many\.csv has 5 broken rows of 45, more than a tenth \(line 42/),
    });
  });

  it('forgives a broken line of JSON lines, the first as well, and names the line of broken JSON', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => JSON.stringify(listen(monday + 300 * i, 'One', 'lu')));
    expect((await read(put('first.jsonl', ['{"listened', ...rows].join('\n')))).notes[0]).toMatch(
      /1 of 13 rows.*line 1: not JSON/,
    );
    await expect(read(put('cut.json', `[\n${rows.join(',\n')},\n{"list`))).rejects.toThrow(
      /cut\.json is not JSON at line 14/,
    );
  });

  it.each([
    ['a NUL byte', 0],
    ['Latin-1', 0xe9],
  ])('leaves out a line with %s, and names it as other broken ones', async (what, byte) => {
    const table = Buffer.from(lines(0, 40));
    table[table.indexOf('Band', 400)] = byte;
    const rows = Array.from({ length: 12 }, (_, i) => JSON.stringify(listen(monday + 300 * i, 'One', 'lu')));
    const json = Buffer.from(rows.join('\n'));
    json[json.lastIndexOf('Band')] = byte;
    const found = await read(put(`${what}.csv`, table));
    expect(found.sample.listeners[0]?.track).toHaveLength(39);
    expect(found.notes[0]).toMatch(/1 of 40 rows are broken and were left out \(line \d+: not text in UTF-8\)/);
    expect((await read(put(`${what}.jsonl`, json))).notes[0]).toMatch(/1 of 12 rows.*\(line 12: not text in UTF-8\)/);
  });

  it('leaves out the future and what was before 2002, with a count', async () => {
    const times = ['2024-06-01T00:00:00Z', '2026-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '2001-12-31T23:59:59Z'];
    const text = ['timestamp,artist,track', ...times.map((time) => `${time},Band,One`)].join('\n');
    const { sample, notes } = await read(put('dates.csv', text));
    expect(sample.listeners[0]?.track).toHaveLength(1);
    expect(notes.join()).toMatch(/1 plays in the future.*2 plays before 2002/);
  });

  it('takes one play of one user', async () => {
    const { sample } = await read(put('one.csv', 'user,timestamp,artist,track\nmo,1672617600,Band,One\n'));
    expect(sample).toMatchObject({ listenerDays: 1, listeners: [{ track: Uint32Array.of(0) }] });
  });

  it.each([
    ['an empty file', 'empty.csv', '', /holds no plays/],
    ['an empty array', 'none.json', '[]', /holds no plays/],
    ['a header alone', 'header.csv', 'user,timestamp,artist,track\n', /holds no plays/],
    ['only old plays', 'old.csv', 'timestamp,artist,track\n1970-01-01T00:00:00Z,Band,One', /holds no plays/],
    ['a table of something else', 'other.csv', 'a,b\n1,2\n', /no listening log that is known.*'a,b'/],
    ['objects of something else', 'other.json', '[{"a":1}]', /no known kind/],
    ['lines of something else', 'other.jsonl', '{"a":1}\n{"a":2}\n', /no known kind/],
    ['bytes', 'bytes.csv', new Uint8Array([0x61, 0, 1, 2]), /not a text file/],
    [
      'a torn gzip file',
      'torn.csv.gz',
      gzipSync('user,timestamp,artist,track\n'.repeat(50)).subarray(0, 30),
      /cannot be unpacked/,
    ],
  ])('refuses %s', async (_, name, content, message) => {
    await expect(read(put(name, content))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/.{20}/),
    });
  });

  it('refuses a path that is not there, and a folder without logs', async () => {
    await expect(read(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    mkdirSync(join(folder, 'bare'));
    await expect(read(join(folder, 'bare'))).rejects.toThrow(/without listening logs/);
  });
});
