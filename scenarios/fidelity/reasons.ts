import { libraryCapacity } from '../../sim/library.ts';
import { olderFavourites } from '../../sim/older-favourites.ts';
import type { FactName } from './fact-names.ts';
import type { Measurement } from './measure.ts';
import type { PlayedTime } from './sample.ts';
import { concentrationSize, type Target } from './targets.ts';

/** What is known about the two sides of a comparison beside their figures. */
export interface Circumstances {
  /** The log that gives the targets; undefined where they are the published ones. */
  readonly log?: { readonly measured: Measurement; readonly playedTime: PlayedTime };
}

interface Finding {
  readonly fact: FactName;
  readonly verdict: 'outside' | 'left out';
  readonly value: number;
  readonly target: Target | undefined;
}

/** Days of most of the logs that the published quartiles are of. */
const publishedDays = 367;

/** Why a fact is outside its target, or left out; undefined when nobody knows. Pure. */
export function reasonFor(finding: Finding, measured: Measurement, circumstances: Circumstances): string | undefined {
  return finding.verdict === 'left out'
    ? whyLeftOut(finding, circumstances)
    : whyOutside(finding, measured, circumstances);
}

function whyLeftOut({ fact, target, value }: Finding, { log }: Circumstances): string | undefined {
  if (target === undefined) {
    if (fact === 'releaseDecay') return 'a log does not tell when tracks came out';
    if ((fact === 'under5s' || fact === 'under30s') && log?.playedTime !== 'heard') {
      return log?.playedTime === 'length'
        ? 'the log has lengths of tracks, not how long they were played'
        : 'the log has no played times';
    }
    return 'the log is too small to tell';
  }
  if (Number.isFinite(value)) return undefined;
  return fact === 'releaseDecay'
    ? 'no release has two whole weeks within the run'
    : 'the simulated log is too small to tell';
}

function whyOutside(
  { fact, value, target }: Finding,
  measured: Measurement,
  { log }: Circumstances,
): string | undefined {
  const isLow = target !== undefined && value < target.middle;
  const { days } = measured;
  const targetDays = log?.measured.days ?? publishedDays;
  const isShort = days < targetDays / 2;
  switch (fact) {
    case 'playsPerListenerDay':
      if (!isLow) return undefined;
      return log
        ? 'who keeps a log of their listening listens more than most: shape compares, volume does not'
        : 'everybody who ever signed up counts, those who left and those who stay away too';
    case 'repeatShare':
      return isLow && isShort
        ? `the simulated log begins ${days} days before its end, the target's about ${targetDays}: what was heard before is not known`
        : undefined;
    case 'medianGapDays':
      return isLow
        ? `a simulated library holds ${libraryCapacity + olderFavourites} tracks, which are gone through in turn: they come back sooner than a real one's`
        : undefined;
    case 'busiestHour':
      return !isLow && isShort
        ? `the largest of 24 shares owes more to chance in ${days} days than in the target's ${targetDays}`
        : undefined;
    case 'releaseDecay':
      return "the target is one superstar's album; these are all releases of the run, most of them by nobody famous";
    case 'topShare':
    case 'gini':
      return sizeReason(measured, log?.measured ?? concentrationSize);
    default:
      return undefined;
  }
}

/** How concentrated plays are depends on how many artists there are for how many listeners. */
function sizeReason(
  measured: Pick<Measurement, 'artists' | 'listeners'>,
  target: Pick<Measurement, 'artists' | 'listeners'>,
): string | undefined {
  const ratio = target.artists / measured.artists;
  if (ratio < 2 && ratio > 0.5) return undefined;
  return `${measured.artists} artists heard by ${measured.listeners} listeners here, ${target.artists} by ${target.listeners} in the target: not the same size of catalogue`;
}
