import type { BlendOptions } from '../options.ts';

/** What is known about a pair when its scores are blended; all are counts ≥ 0. */
export interface PairEvidence {
  readonly userInteractions: number;
  readonly trackPlays: number;
  readonly artistPlays: number;
}

/** Share of trust in the collaborative score, in [0, 1]; the rest goes to audio (both already on one scale). Pure. */
export type Trust = (evidence: PairEvidence) => number;

/** The strategies that share trust between the two scores. */
export const blends = {
  collaborative: (): Trust => () => 1,
  audio: (): Trust => () => 0,
  /** The same trust for every pair. */
  fixed:
    (o: { readonly trust: number }): Trust =>
    () =>
      o.trust,
  /** Trust grows with plays of the track towards `mostTrust`, and reaches half of that at `halfTrust` (> 0) plays. */
  byEvidence:
    (o: { readonly halfTrust: number; readonly mostTrust: number }): Trust =>
    ({ trackPlays }) =>
      (o.mostTrust * trackPlays) / (trackPlays + o.halfTrust),
};

/**
 * How a list is ranked: by the two personal scores, sharing trust between them, or by the charts, which are the same for
 * all and trust neither. `popular` is the reference that a personal ranking has to beat.
 */
export type Ranking =
  | {
      readonly by: 'scores';
      readonly trust: Trust;
      /** Whether trust looks at the listener; where it does not, it is the same for all and computed once. */
      readonly isPersonal: boolean;
    }
  | { readonly by: 'charts' };

/** Whether a blend needs to know how tracks sound. */
export const listensToSound = ({ kind }: BlendOptions): boolean => kind !== 'collaborative' && kind !== 'popular';

/** The ranking that the options name. */
export function rankingOf(options: BlendOptions): Ranking {
  switch (options.kind) {
    case 'popular':
      return { by: 'charts' };
    case 'collaborative':
      return byScores(blends.collaborative());
    case 'audio':
      return byScores(blends.audio());
    case 'fixed':
      return byScores(blends.fixed(options));
    case 'byEvidence':
    case 'withArtist':
      return byScores(blends.byEvidence(options));
  }
}

const byScores = (trust: Trust): Ranking => ({ by: 'scores', trust, isPersonal: false });
