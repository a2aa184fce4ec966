import type { Catalogue, Listener, SoundAttributes, Track } from '../engine/core/catalogue.ts';
import { artistId, trackId, userId } from '../engine/core/ids.ts';
import { createStreams, type Streams } from '../engine/core/random.ts';
import type { SimTime } from '../engine/core/time.ts';
import { type Arrivals, planArrivals } from './arrivals.ts';
import { drawArtists } from './artists.ts';
import { type Attention, createAttention } from './attention.ts';
import { createWaveformStore, type WaveformStore } from './audio/waveform-store.ts';
import { bell } from './exact.ts';
import type { FamilyName, WorldOptions } from './options.ts';
import { drawPeople, type People } from './people.ts';
import { planReleases, type Releases } from './releases.ts';
import { drawSounds, type Sounds, soundOf } from './sounds.ts';
import { createTruth, type Truth } from './truth.ts';

export interface WorldSpan {
  readonly seed: string;
  readonly family: FamilyName;
  /** Days of organic listening before day 0. */
  readonly historyDays: number;
  /** Days of the run, from day 0. */
  readonly days: number;
}

/** Everything that does not depend on what anybody recommends. Immutable; all arms of a world share it. */
export interface World extends WorldSpan {
  readonly options: WorldOptions;
  /** All listeners and tracks that will exist in the run, in order of arrival: what the engine may see, once it is time. */
  readonly catalogue: Catalogue;
  /** Begins to synthesise the whole catalogue on another thread; what it returns ends that. */
  prefetchWaveforms(): () => Promise<void>;
  /** How many listeners have signed up, and tracks are out, at that time (included). */
  listenerCountAt(time: SimTime): number;
  trackCountAt(time: SimTime): number;
  /** Hidden: for the world itself and for scoring. */
  readonly truth: Truth;
  readonly people: People;
  readonly sounds: Sounds;
  readonly releases: Releases;
  readonly arrivals: Arrivals;
  readonly streams: Streams;
  attentionOn(day: number): Attention;
  /** The tracks of an artist, oldest first, released or not. */
  tracksOf(artist: number): Uint32Array;
}

/**
 * Make a world. The same options, seed and family give the same world, and more days only add to its end: the past and
 * the first days stay as they are.
 */
export function createWorld(options: WorldOptions, span: WorldSpan): World {
  const streams = createStreams(streamSeed(span));
  const releases = planReleases(options, span, streams);
  const arrivals = planArrivals(options, span, streams);
  const sounds = drawSounds(releases, streams);
  const parts: PublicParts = { ...span, options, releases, arrivals, sounds, streams };
  const tracksByArtist = groupByArtist(releases);
  const nobody = new Uint32Array(0);
  return {
    ...span,
    options,
    ...openCatalogue(parts),
    listenerCountAt: (time) => countUpTo(arrivals.signedUpAt, time),
    trackCountAt: (time) => countUpTo(releases.releasedAt, time),
    sounds,
    releases,
    arrivals,
    streams,
    tracksOf: (artist) => tracksByArtist[artist] ?? nobody,
    ...drawHidden(parts, streams),
  };
}

/**
 * A world with the same catalogue, sounds and annotations in which everything hidden is different: who likes what, fame,
 * scenes, habits. An engine that only sees what it may cannot tell the two apart by anything but the event log.
 */
export function scrambleTruth(world: World, seed: string): World {
  const streams = createStreams(`${world.seed} ${world.family} scrambled ${seed}`);
  return { ...world, ...openCatalogue(world), ...drawHidden(world, streams) };
}

const streamSeed = ({ seed, family }: Pick<WorldSpan, 'seed' | 'family'>): string => `${seed} ${family}`;

interface PublicParts extends Pick<WorldSpan, 'seed' | 'family'> {
  readonly options: WorldOptions;
  readonly releases: Releases;
  readonly arrivals: Arrivals;
  readonly sounds: Sounds;
  readonly streams: Streams;
}

function drawHidden({ options, releases, arrivals, sounds, family }: PublicParts, streams: Streams) {
  const people = drawPeople(options, arrivals, streams);
  const artists = drawArtists(releases, options.scenes, streams);
  const truth = createTruth(family, { options, people, sounds, releases, artists, streams });
  return { people, truth, attentionOn: createAttention(releases, truth, options) };
}

function openCatalogue(parts: PublicParts): Pick<World, 'catalogue' | 'prefetchWaveforms'> {
  const waveforms = createWaveformStore(parts.sounds, streamSeed(parts));
  return { catalogue: createCatalogue(parts, waveforms), prefetchWaveforms: waveforms.prefetch };
}

function createCatalogue(
  { options, releases, arrivals, sounds, streams }: PublicParts,
  waveforms: WaveformStore,
): Catalogue {
  const tracks: Track[] = Array.from(releases.releasedAt, (releasedAt, t) => ({
    id: trackId(`t${t}`),
    artist: artistId(`a${releases.artist[t]}`),
    releasedAt,
    durationMs: Math.round(Math.max(75, 205 + 50 * bell(streams('duration', t)))) * 1000,
  }));
  const listeners: Listener[] = Array.from(arrivals.signedUpAt, (signedUpAt, l) => ({
    id: userId(`u${l}`),
    signedUpAt,
    region: arrivals.region[l] ?? 0,
  }));
  return {
    listeners,
    tracks,
    waveform: (t) => waveforms.waveform(checked(t, tracks.length)),
    annotation: (t): SoundAttributes | undefined =>
      streams('annotation', checked(t, tracks.length))() < options.annotatedShare ? soundOf(sounds, t) : undefined,
  };
}

function groupByArtist(releases: Releases): Uint32Array[] {
  const lists: number[][] = Array.from({ length: releases.artists }, () => []);
  releases.artist.forEach((artist, track) => {
    lists[artist]?.push(track);
  });
  return lists.map((list) => Uint32Array.from(list));
}

function checked(track: number, tracks: number): number {
  if (!(track >= 0 && track < tracks)) throw new Error(`track ${track} is not among the ${tracks} of this world`);
  return track;
}

/** How many of the ascending `times` are ≤ `time`. */
function countUpTo(times: Int32Array, time: SimTime): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
