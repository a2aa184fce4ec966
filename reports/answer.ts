import type { FigureKey, Figures } from './figures.ts';
import { meanOf, worldsOf } from './figures.ts';
import { formatFigure, formatInterval, isFigure } from './format.ts';
import { segments } from './metrics.ts';
import { comparesRefreshes, operationsADay } from './refresh-costs.ts';
import { sizingAnswer } from './sizing.ts';

/** What the run says, for one family of worlds. */
export interface Answer {
  readonly family: string;
  /** The figures that the run was made for, in one sentence. */
  readonly headline: string;
  /** What else to know before believing it; each a sentence. */
  readonly remarks: readonly string[];
}

/** What the headline may be about, best first: the first that two or more contenders have figures for, or any has. */
const headlines = [
  {
    metric: 'oracleRecall@50',
    segment: 'newTrack',
    verb: 'finds',
    what: 'of the truly best new tracks in its first 50',
  },
  { metric: 'oracleRecall@50', segment: 'all', verb: 'finds', what: 'of the truly best tracks in its first 50' },
  { metric: 'recall@50', segment: 'all', verb: 'finds', what: 'of the tracks enjoyed without a list in its first 50' },
  { metric: 'embeddingShare', segment: 'all', verb: 'hears', what: 'of all that the sound tells of the factors' },
] as const;

interface Standing {
  readonly arm: string;
  readonly mean: number;
  readonly text: string;
  /** '' for one world. */
  readonly interval: string;
}

/** The answer of a run, computed from its summary: one per family; one of all where caches were compared. */
export function answersOf(figures: Figures): Answer[] {
  if (figures.sizing) return [{ family: figures.families.join(', '), ...sizingAnswer(figures.sizing) }];
  return figures.families.map((family) => answerFor(figures, family));
}

function answerFor(figures: Figures, family: string): Answer {
  // How old lists may grow is asked for everybody, and against what younger ones cost.
  const hasCosts = comparesRefreshes(figures);
  const costOf = (arm: string): string => (hasCosts ? ` (${operationsADay(figures, arm, family)})` : '');
  for (const { metric, segment, verb, what } of headlines.filter(({ segment }) => !hasCosts || segment === 'all')) {
    const standings = standingsOf(figures, { family, segment, metric });
    const [best, ...others] = standings;
    if (!best) continue;
    const random = standingOf(figures, { arm: 'random', family, segment, metric });
    const rest = [
      ...others.map(({ arm, text }) => `; ${arm} ${text}${costOf(arm)}`),
      ...(random ? [`; random ${random.text}`] : []),
    ].join('');
    const wins = others[0] ? lead(figures, best.arm, others[0].arm, { family, segment, metric }) : '';
    return {
      family,
      headline: `${best.arm} ${verb} ${verb === 'hears' && best.mean <= 0 ? 'nothing' : best.text} ${what}${costOf(best.arm)}${rest}.`,
      remarks: [wins, warmRemark(figures, family, metric), certainty(figures, family, standings)].filter(
        (text) => text !== '',
      ),
    };
  }
  return { family, headline: 'No arm has a ranking figure; see the tables.', remarks: [] };
}

/** Arms with a figure, best first. */
const standingsOf = (figures: Figures, key: Omit<FigureKey, 'arm'>): Standing[] =>
  figures.arms.flatMap((arm) => standingOf(figures, { arm, ...key }) ?? []).sort((a, b) => b.mean - a.mean);

function standingOf(figures: Figures, key: FigureKey): Standing | undefined {
  const row = figures.summary(key);
  if (!row || !isFigure(row.mean)) return undefined;
  return { arm: key.arm, mean: row.mean, text: formatFigure(row.mean), interval: formatInterval(row.low, row.high) };
}

/** In how many worlds the leader is ahead: twins share listeners and releases, so each world is one comparison. */
function lead(figures: Figures, leader: string, second: string, key: Omit<FigureKey, 'arm'>): string {
  const ahead = figures.byWorld({ arm: leader, ...key });
  const behind = figures.byWorld({ arm: second, ...key });
  const gains = [...ahead].flatMap(([world, value]) => {
    const other = behind.get(world);
    return other === undefined ? [] : [value - other];
  });
  if (gains.length < 2) return '';
  const won = gains.filter((gain) => gain > 0).length;
  return `${leader} is ahead of ${second} in ${won} of ${gains.length} worlds, by ${formatFigure(meanOf(gains))} on average.`;
}

/** What it costs those who were well served before. */
function warmRemark(figures: Figures, family: string, metric: string): string {
  const standings = standingsOf(figures, { family, segment: 'warm', metric });
  if (standings.length === 0) return '';
  const list = standings.map(({ arm, text }) => `${arm} ${text}`).join(', ');
  return `For ${segments.warm.replace('that are both ', 'both ')}: ${list}.`;
}

function certainty(figures: Figures, family: string, standings: readonly Standing[]): string {
  const worlds = worldsOf(figures, family);
  if (worlds <= 1) return 'One world: there is no interval, and a difference may be chance.';
  const intervals = standings
    .filter(({ interval }) => interval !== '')
    .map(({ arm, interval }) => `${arm} ${interval}`);
  return intervals.length === 0 ? '' : `95 % intervals over ${worlds} worlds: ${intervals.join(', ')}.`;
}
