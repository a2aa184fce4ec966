import { createStreams, type Key, type KeyedStreams } from '../engine/core/random.ts';
import type { Arrivals } from './arrivals.ts';
import type { Attention } from './attention.ts';
import type { Destinations } from './drift.ts';
import type { TasteColumns } from './families/family.ts';
import type { FamilyName, WorldOptions } from './options.ts';
import type { People } from './people.ts';
import type { Releases } from './releases.ts';
import { trackLengths } from './track-lengths.ts';
import { type TrackRows, trackFacts } from './track-rows.ts';
import { openTruth, type TrueTaste } from './truth.ts';

/** Everything that listeners act upon and no recommendation changes: plain data in memory that all threads share. */
export interface StageData {
  /** Of the streams that hidden things and days are drawn from, and of those that public things are. */
  readonly hiddenSeed: string;
  readonly publicSeed: string;
  readonly family: FamilyName;
  readonly options: WorldOptions;
  readonly arrivals: Pick<Arrivals, 'signedUpAt' | 'region'>;
  readonly people: People;
  readonly releases: Releases;
  readonly trackScene: Uint8Array;
  readonly rows: TrackRows;
  readonly taste: TasteColumns;
  /** What tastes and rows lie in, in families that multiply them in lanes. */
  readonly memory: WebAssembly.Memory | undefined;
  /** Where tastes move to, in worlds where they do. */
  readonly destinations: Destinations | undefined;
  /** What was talked about before the log begins. */
  readonly memories: Attention;
}

/** {@link StageData} with what is made of it on each thread. */
export interface Stage extends StageData {
  /** Hidden: for the world itself and for scoring. */
  readonly truth: TrueTaste;
  /** The track that its artist released after this one, or 2³² − 1. */
  nextTrack(track: number): number;
  readonly secondsOf: (track: number) => number;
  readonly streams: KeyedStreams;
  /** Of a listener's day; of the positions of its sessions; of looking at slates; of the tracks that one meets; of older favourites; … */
  readonly keys: Readonly<Record<'day' | 'position' | 'look' | 'meeting' | 'older' | 'onboarding' | 'shadow', Key>>;
}

export function openStage(data: StageData): Stage {
  const streams = createStreams(data.hiddenSeed);
  const { keyOf } = streams;
  return {
    ...data,
    streams,
    truth: openTruth({ ...data, personal: streams }),
    nextTrack: trackFacts(data.rows).next,
    secondsOf: trackLengths(createStreams(data.publicSeed)),
    keys: {
      day: keyOf('day'),
      position: keyOf('position'),
      look: keyOf('look'),
      meeting: keyOf('meeting'),
      older: keyOf('older'),
      onboarding: keyOf('onboarding'),
      shadow: keyOf('shadow'),
    },
  };
}
