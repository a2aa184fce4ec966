import { z } from 'zod';
import type { Figures } from './figures.ts';
import { isFigure } from './format.ts';

const withDial = z.looseObject({ world: z.looseObject({ algorithmicShare: z.number() }) });

/** The share of plays that came from lists in each arm, beside the dial that aims at it; '' for a run without lists. */
export function playsFromLists(figures: Figures): string {
  const { arms, families, manifest, summary } = figures;
  const reached = families.flatMap((family) =>
    arms.flatMap((arm) => {
      const share = summary({ arm, family, segment: 'all', metric: 'algorithmicShare' })?.mean;
      return isFigure(share) ? [`${percent(share)} ${arm}${families.length > 1 ? ` in ${family}` : ''}`] : [];
    }),
  );
  const { data } = withDial.safeParse(manifest.scenario);
  if (reached.length === 0) return '';
  return `${reached.join(', ')}${data ? `; the dial algorithmicShare aims at ${percent(data.world.algorithmicShare)}` : ''}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
