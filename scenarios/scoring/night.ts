import { createStreams } from '../../engine/core/random.ts';
import { secondsPerHour, startOfDay } from '../../engine/core/time.ts';
import { type CrowdState, crowdOf } from '../../sim/crowd.ts';
import { writeEvents } from '../../sim/log.ts';
import { shadowDay } from '../../sim/shadow.ts';
import type { World } from '../../sim/world.ts';
import { rankBound } from '../baselines.ts';
import type { RankingBound } from '../schema.ts';
import { type AgedLists, scoreAgedLists } from './aged-lists.ts';
import { heardLists } from './heard.ts';
import {
  type Rankings,
  rankByTruth,
  relevantInShadow,
  scoreAgainstShadow,
  scoreAgainstTruth,
  scoreExposure,
  slotsOf,
} from './ranking-figures.ts';
import type { Figure } from './rows.ts';
import { choosePanel, type Panel, type Segmentation, segmentsAt } from './segments.ts';
import { TrueFavourites } from './true-favourites.ts';

/** Everything that the scores of one night depend on beside the world: plain data, which can be sent to another thread. */
export interface Night {
  readonly day: number;
  /** Hours since midnight at which the lists are scored; 0 is the night itself, right after its refresh. */
  readonly hour: number;
  /** How many listeners and tracks there were by then. */
  readonly listenerCount: number;
  readonly trackCount: number;
  /** As it was then: a copy. */
  readonly crowd: CrowdState;
  /** What each panel listener has met, ascending. */
  readonly heard: readonly Uint32Array[];
  /** What would be served to each panel listener. */
  readonly rankings: Rankings;
  /** How many slots each track has over all lists [trackCount]; without it, those of the panel of everybody are counted. */
  readonly slots?: Float64Array;
  /** The bounds to score on this state. */
  readonly bounds: readonly RankingBound[];
  /** What `popular` ranks by: plays so far of each track. */
  readonly plays: Float64Array;
  /** Lists of several ages, where they are compared. */
  readonly aged?: AgedLists;
  /** What `trueSound` would serve each listener of the smaller panel; where it is among the bounds. */
  readonly handed?: Rankings;
  /** Where the shadow sessions are written to. */
  readonly shadowFile: string;
}

export interface NightFigures {
  readonly arm: readonly Figure[];
  readonly bounds: readonly { readonly bound: RankingBound; readonly figures: readonly Figure[] }[];
}

/** Lists that are made only to be scored are made for so many listeners of each kind. */
export const smallerPanel = 500;

/** Who is scored at a refresh. Draws are keyed by the world's seed alone: the same in every arm and on every thread. */
export const panelAt = (segmentation: Segmentation, seed: string): Panel =>
  choosePanel(segmentation, createStreams(`${seed}/scoring`));

/** Those of the panel on whom `trueSound` is scored. */
export const smallerPanelAt = (segmentation: Segmentation, seed: string): Panel =>
  choosePanel(segmentation, createStreams(`${seed}/scoring`), smallerPanel);

/**
 * Scores nights of one world, and moments of its days: what would be served against true taste and against the shadow sessions of
 * the day. These have the same keys at every hour, so that hours are compared on the same sessions. Reads no clock and keeps nothing from night to night but the truth: figures depend on the night alone.
 */
export function createNightScorer(world: World, seed: string): (night: Night) => NightFigures {
  const { length } = world.catalogue.tracks;
  let truth = world.truth.on(0);
  let truthDay = 0;
  let favourites = new TrueFavourites(truth, length);
  const draws = createStreams(`${seed}/scoring`);
  return (night) => {
    const { day, trackCount } = night;
    if (truth.isDrifting && day !== truthDay) {
      truth = world.truth.on(day);
      truthDay = day;
      favourites = new TrueFavourites(truth, length);
    }
    const crowd = crowdOf(night.crowd);
    const segmentation = segmentsAt(startOfDay(day) + night.hour * secondsPerHour, {
      listeners: world.catalogue.listeners.slice(0, night.listenerCount),
      tracks: world.catalogue.tracks.slice(0, trackCount),
    });
    const panel = panelAt(segmentation, seed);
    const heard = heardLists(panel.listeners, night.heard);
    const shadow = shadowDay(world, crowd, day, panel.listeners);
    writeEvents(night.shadowFile, shadow);
    const judge = (judged: Panel) => {
      const oracle = rankByTruth(truth, favourites, judged, trackCount, heard.hasHeard);
      const relevant = relevantInShadow(shadow, judged, trackCount, heard.hasHeard);
      const score = (rankings: Rankings, slots = slotsOf(rankings, trackCount)): Figure[] => [
        ...scoreAgainstTruth(rankings, oracle, judged, segmentation),
        ...scoreAgainstShadow(rankings, relevant, judged, segmentation),
        ...scoreExposure(slots, segmentation),
      ];
      return { oracle, score };
    };
    const { oracle, score } = judge(panel);
    const { plays } = night;
    const state = { day, panel, trackCount, oracle, plays, ...heard };
    const scoreBound = (bound: RankingBound): Figure[] => {
      if (bound !== 'trueSound') return score(rankBound(bound, state, draws));
      if (!night.handed) throw new Error('nobody said what the engine would make of the true sound');
      return judge(smallerPanelAt(segmentation, seed)).score(night.handed);
    };
    const ofEverybody = night.rankings.filter((_, i) => panel.isOn('all', i));
    const members = new Set(panel.listeners);
    const aged =
      night.aged &&
      scoreAgedLists(night.aged, startOfDay(day) + night.hour * secondsPerHour, {
        segmentation,
        hasHeard: heard.hasHeard,
        isKnown: (listener) => members.has(listener),
        oracleOf: (judged) => rankByTruth(truth, favourites, judged, trackCount, heard.hasHeard),
      });
    return {
      arm: [...score(night.rankings, night.slots ?? slotsOf(ofEverybody, trackCount)), ...(aged ?? [])],
      bounds: night.bounds.map((bound) => ({ bound, figures: scoreBound(bound) })),
    };
  };
}
