import { dayOf, type SimTime, startOfDay, weekdayOf } from '../../engine/core/time.ts';
import type { InspectedDay, InspectedPlay, InspectedSession, Inspection } from './inspection.ts';
import type { Change } from './relive.ts';
import type { Taste } from './taste.ts';

/** A life as text for a terminal, about 90 columns wide: who it is, what they like, day by day. */
export const describeLife = (inspection: Inspection): string =>
  [
    ...describeListener(inspection),
    '',
    ...describeFavourites(inspection),
    '',
    ...describeDays(inspection.days),
    ...describeTotals(inspection),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('');

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const dayText = (day: number): string => `day ${day} ${weekdays[weekdayOf(day)]}`;

const two = (n: number): string => String(n).padStart(2, '0');
function clock(time: SimTime): string {
  const second = time - startOfDay(dayOf(time));
  return `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
}
const minutes = (ms: number): string => `${Math.floor(ms / 60_000)}:${two(Math.floor(ms / 1000) % 60)}`;
const signed = (x: number): string => `${x <= -0.005 ? '-' : '+'}${Math.abs(x).toFixed(2)}`;
const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : what.endsWith('ch') ? 'es' : 's'}`;

function describeListener({ listener }: Inspection): string[] {
  const { id, signedUpAt, region, cohort, sessionsPerDay, chronotype, explore, patience, scenes, family } = listener;
  return [
    `${id}  signed up on ${dayText(dayOf(signedUpAt))} at ${clock(signedUpAt)}; region ${region}, cohort ${cohort}`,
    `habits  ${sessionsPerDay.toFixed(2)} sessions a day (${chronotype}), explores ${explore.toFixed(2)}, leaves after ${counted(patience, 'skip')} in a row`,
    `taste   ${family}; favourite scenes ${scenes.join(', ')}, dearest first`,
  ];
}

const tasteHead = 'utility sound hidden  fame chance';
const tasteText = ({ utility, sound, hidden, fame, chance }: Taste): string =>
  [
    signed(utility).padStart(7),
    signed(sound),
    signed(hidden).padStart(6),
    signed(fame),
    signed(chance).padStart(6),
  ].join(' ');

function describeFavourites({ favourites }: Inspection): string[] {
  return [
    'What they would like best of the whole catalogue; utility is the sum of the other four',
    `  ${'track'.padEnd(8)} ${'artist'.padEnd(8)} scene  ${tasteHead}  out on day  played`,
    ...favourites.map((favourite) => {
      const { track, artist, scene, releasedAt, plays } = favourite;
      const out = String(dayOf(releasedAt)).padStart(10);
      return `  ${track.padEnd(8)} ${artist.padEnd(8)} ${String(scene).padStart(5)}  ${tasteText(favourite)}  ${out}  ${String(plays).padStart(6)}`;
    }),
  ];
}

/** Days in a row on which nothing happened and nothing changed are told in one line. */
function describeDays(days: readonly InspectedDay[]): string[] {
  const stretches: { first: InspectedDay; last: InspectedDay }[] = [];
  for (const day of days) {
    const before = stretches.at(-1);
    if (before && isQuiet(day) && isQuiet(before.last)) before.last = day;
    else stretches.push({ first: day, last: day });
  }
  return stretches.flatMap(({ first, last }) => {
    if (!isQuiet(first)) return [...describeDay(first), ''];
    const to = first === last ? '' : ` to ${dayText(last.day)}`;
    const what = first.after === 'signingUp' ? 'not signed up yet' : `${first.after}: no session`;
    return [`${dayText(first.day)}${to}  ${what}`, ''];
  });
}

const isQuiet = ({ changes, picks, sessions, before, after }: InspectedDay): boolean =>
  changes.length === 0 && picks.length === 0 && sessions.length === 0 && before === after;

function describeDay({ day, before, after, changes, picks, sessions }: InspectedDay): string[] {
  const plays = sessions.flatMap((session) => session.plays);
  const skips = plays.filter((play) => !play.isSatisfied).length;
  const totals = [counted(sessions.length, 'session'), counted(plays.length - skips, 'play'), counted(skips, 'skip')];
  return [
    `${dayText(day)}  ${before === after ? before : `${before} -> ${after}`}  ${totals.join(', ')}`,
    ...changes.filter(({ event }) => event !== 'day.ended').map(describeChange),
    ...picks.map(
      ({ time, track, artist, utility }) => `  ${clock(time)} picks ${track} of ${artist}, utility ${signed(utility)}`,
    ),
    ...sessions.flatMap(describeSession),
    ...changes.filter(({ event }) => event === 'day.ended').map(describeChange),
  ];
}

const describeChange = ({ event, from, to }: Change): string => `  ${event}: ${from} -> ${to}`;

function describeSession({ start, tracks, looks, plays, endedBy }: InspectedSession, i: number): string[] {
  const hasMoods = plays.some(({ mood }) => mood !== 0);
  const looking = looks ? ', looks at the slate' : '';
  const head = `${playHead} ${tasteHead}${hasMoods ? '  mood' : ''}  heard`;
  return [
    `  session ${i + 1} at ${clock(start)}: time for ${counted(tracks, 'track')}${looking}; ended by ${endedBy}`,
    ...(plays.length === 0 ? [] : [`  ${head}`]),
    ...plays.map((play) => `  ${describePlay(play, hasMoods)}`),
  ];
}

/** From the slate at which position; then the generation of that list and its age. */
const playHead = `${'time'.padEnd(8)} ${'track'.padEnd(6)} ${'artist'.padEnd(6)} ${'from'.padEnd(9)} ${'list'.padEnd(6)}`;

function describePlay(play: InspectedPlay, hasMoods: boolean): string {
  const { time, track, artist, source, position, generation, cacheAgeDays } = play;
  const from = position === null ? source : `${source} ${position}`;
  const list = generation === null ? '' : `g${generation} ${cacheAgeDays}d`;
  const mood = hasMoods ? ` ${signed(play.mood)}` : '';
  const columns = [clock(time), track.padEnd(6), artist.padEnd(6), from.padEnd(9), list.padEnd(6)];
  return `${columns.join(' ')} ${tasteText(play)}${mood}  ${describeHearing(play)}`;
}

function describeHearing({ isSatisfied, isSaved, playedMs, durationMs, propensity }: InspectedPlay): string {
  const heard = isSatisfied ? minutes(playedMs) : `${(playedMs / 1000).toFixed(1)} s`;
  const notes = [
    ...(isSatisfied ? (playedMs < durationMs ? [`of ${minutes(durationMs)}`] : []) : ['skip']),
    ...(isSaved ? ['saved'] : []),
    ...(propensity < 1 ? [`p ${propensity.toPrecision(2)}`] : []),
  ];
  return `${heard.padStart(6)} ${notes.join(', ')}`;
}

function describeTotals({ totals, state }: Inspection): string[] {
  const { plays, skips, saves, searches, picks, sessions } = totals;
  const all = [
    counted(sessions, 'session'),
    counted(plays, 'play'),
    counted(skips, 'skip'),
    counted(saves, 'save'),
    counted(searches, 'search'),
    counted(picks, 'pick'),
  ];
  return [`The whole life: ${all.join(', ')}; now ${state}.`, 'The statechart has counted what the log has.'];
}
