import type { Catalogue, Listener, SoundAttributes, Track } from '../engine/core/catalogue.ts';
import { noTrack } from '../engine/core/events.ts';
import { artistId, trackId, userId } from '../engine/core/ids.ts';
import { createStreams, type KeyedStreams } from '../engine/core/random.ts';
import type { SimTime } from '../engine/core/time.ts';
import { type Arrivals, planArrivals } from './arrivals.ts';
import { type Artists, drawArtists } from './artists.ts';
import { type Attention, createAttention } from './attention.ts';
import { createWaveformStore, type WaveformStore } from './audio/waveform-store.ts';
import { drawDestinations } from './drift.ts';
import type { FamilyName, WorldOptions } from './options.ts';
import { drawPeople } from './people.ts';
import { planReleases, type Releases } from './releases.ts';
import { drawSounds, type Sounds, soundOf } from './sounds.ts';
import { openStage, type Stage, type StageData } from './stage.ts';
import { actorOf } from './steps.ts';
import { trackLengths } from './track-lengths.ts';
import { packTracks } from './track-rows.ts';
import { families } from './truth.ts';

export interface WorldSpan {
  readonly seed: string;
  readonly family: FamilyName;
  /** Days of organic listening before day 0. */
  readonly historyDays: number;
  /** Days of the run, from day 0. */
  readonly days: number;
}

/** Everything that does not depend on what anybody recommends. Immutable; all arms of a world share it. */
export interface World extends WorldSpan, Stage {
  readonly arrivals: Arrivals;
  /** All listeners and tracks that will exist in the run, in order of arrival: what the engine may see, once it is time. */
  readonly catalogue: Catalogue;
  /** Begins to synthesise the whole catalogue on another thread; what it returns ends that. */
  prefetchWaveforms(): () => Promise<void>;
  /** How many listeners have signed up, and tracks are out, at that time (included). */
  listenerCountAt(time: SimTime): number;
  trackCountAt(time: SimTime): number;
  readonly sounds: Sounds;
  readonly artists: Artists;
  /** The plain data of the stage, for other threads. */
  readonly data: StageData;
  /** @param played yesterday's plays by track, of which people talk in the family `social`. */
  attentionOn(day: number, played?: Uint32Array): Attention;
}

/**
 * Make a world. The same options, seed and family give the same world, and more days only add to its end: the past and
 * the first days stay as they are.
 */
export function createWorld(options: WorldOptions, span: WorldSpan): World {
  const publicSeed = `${span.seed} ${span.family}`;
  const streams = createStreams(publicSeed);
  const releases = planReleases(options, span, streams);
  const parts: PublicParts = {
    ...span,
    publicSeed,
    options,
    releases,
    arrivals: planArrivals(options, span, streams),
    sounds: drawSounds(releases, streams),
    streams,
  };
  return worldOf(parts, publicSeed);
}

/**
 * A world with the same catalogue, sounds and annotations in which everything hidden is different: who likes what, fame,
 * scenes, habits. An engine that only sees what it may cannot tell the two apart by anything but the event log.
 */
export const scrambleTruth = (world: World, seed: string): World =>
  worldOf({ ...world, streams: createStreams(world.publicSeed) }, `${world.seed} ${world.family} scrambled ${seed}`);

interface PublicParts extends WorldSpan {
  /** Of the streams that everything is drawn from that the engine may see. */
  readonly publicSeed: string;
  readonly options: WorldOptions;
  readonly releases: Releases;
  readonly arrivals: Arrivals;
  readonly sounds: Sounds;
  readonly streams: KeyedStreams;
}

/** @param hiddenSeed of the streams that everything is drawn from that the engine may not see. */
function worldOf(parts: PublicParts, hiddenSeed: string): World {
  const { options, releases, arrivals, seed, family, historyDays, days } = parts;
  const hidden = createStreams(hiddenSeed);
  const people = drawPeople(options, arrivals, hidden);
  const artists = drawArtists(releases, options.scenes, hidden);
  const ingredients = { ...parts, people, artists, streams: hidden, personal: hidden };
  const drawn = families[family].draw(ingredients);
  const attentionOn = createAttention({
    releases,
    artists,
    options: { ...options, contagion: family === 'social' ? options.contagion : 0 },
    offset: (day, pool) => hidden('attention', actorOf(day), pool)(),
  });
  const rows = packTracks(drawn.qualities, drawn.width, artists.fame, nextTracks(releases));
  const settled = families[family].settle?.(drawn.taste, rows);
  const data: StageData = {
    hiddenSeed,
    publicSeed: parts.publicSeed,
    family,
    options,
    arrivals: { signedUpAt: arrivals.signedUpAt, region: arrivals.region },
    people,
    releases,
    trackScene: artists.trackScene,
    rows: settled?.rows ?? rows,
    taste: settled?.taste ?? drawn.taste,
    memory: settled?.memory,
    destinations: options.drift > 0 ? drawDestinations(families[family], ingredients, arrivals, hiddenSeed) : undefined,
    memories: attentionOn(-historyDays),
  };
  const waveforms = createWaveformStore(parts.sounds, parts.publicSeed);
  let catalogue: Catalogue | undefined;
  return {
    ...openStage(data),
    arrivals,
    seed,
    historyDays,
    days,
    data,
    artists,
    sounds: parts.sounds,
    /** Made when it is first asked for: a large world that nobody recommends to never needs it. */
    get catalogue() {
      catalogue ??= createCatalogue(parts, waveforms);
      return catalogue;
    },
    prefetchWaveforms: waveforms.prefetch,
    listenerCountAt: (time) => countUpTo(arrivals.signedUpAt, time),
    trackCountAt: (time) => countUpTo(releases.releasedAt, time),
    attentionOn,
  };
}

function createCatalogue(
  { options, releases, arrivals, sounds, streams }: PublicParts,
  waveforms: WaveformStore,
): Catalogue {
  const secondsOf = trackLengths(streams);
  const tracks: Track[] = Array.from(releases.releasedAt, (releasedAt, t) => ({
    id: trackId(`t${t}`),
    artist: artistId(`a${releases.artist[t]}`),
    releasedAt,
    durationMs: secondsOf(t) * 1000,
  }));
  const listeners: Listener[] = Array.from(arrivals.signedUpAt, (signedUpAt, l) => ({
    id: userId(`u${l}`),
    signedUpAt,
    region: arrivals.region[l]!,
  }));
  return {
    listeners,
    tracks,
    waveform: (t) => waveforms.waveform(checked(t, tracks.length)),
    annotation: (t): SoundAttributes | undefined =>
      streams('annotation', checked(t, tracks.length))() < options.annotatedShare ? soundOf(sounds, t) : undefined,
  };
}

/** For every track the one that its artist released next, or {@link noTrack}. */
function nextTracks({ artist, artists }: Releases): Uint32Array {
  const next = new Uint32Array(artist.length);
  const after = new Uint32Array(artists).fill(noTrack);
  for (let t = artist.length - 1; t >= 0; t--) {
    next[t] = after[artist[t]!]!;
    after[artist[t]!] = t;
  }
  return next;
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
    if (times[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
