/** What lists are worth: shares in [0, 1] of the listener's truly best unheard tracks at the moment of the read. */
export interface Worth {
  /** 1 − regret@50 of what is left of the list: the share of the possible enjoyment of 50 tracks. */
  readonly enjoyment: number;
  /** oracleRecall@50 of what is left. */
  readonly recall: number;
}

export interface AgedWorth extends Worth {
  readonly ageHours: number;
}

/** What the figures of a run say of lists of each length: by age, ascending, and made on a miss. */
export interface MeasuredWorth {
  readonly length: number;
  readonly byAge: readonly AgedWorth[];
  readonly onMiss: Worth;
}

/**
 * Reads the figures of `scoreAgedLists`.
 * @param meanOf the mean of a metric over measured days and hours; undefined where there is none.
 * @throws Error when a length has no figures.
 */
export function measuredWorth(
  lengths: readonly number[],
  agesHours: readonly number[],
  meanOf: (metric: string) => number | undefined,
): MeasuredWorth[] {
  const worth = (kind: 'list' | 'miss', which: string): Worth | undefined => {
    const [regret, recall] = [meanOf(`${kind}Regret.${which}`), meanOf(`${kind}Recall.${which}`)];
    return regret === undefined || recall === undefined ? undefined : { enjoyment: 1 - regret, recall };
  };
  return lengths.map((length) => {
    const onMiss = worth('miss', String(length));
    const byAge = agesHours.flatMap((ageHours) => {
      const found = worth('list', `${length}.${ageHours}`);
      return found ? [{ ageHours, ...found }] : [];
    });
    if (!onMiss || byAge.length === 0) throw new Error(`nobody has scored lists of ${length} tracks`);
    return { length, byAge, onMiss };
  });
}

/** The worth at an age in hours: on the straight line between the measured ages beside it, at the ends that of the last. */
export function worthAt({ byAge }: MeasuredWorth, ageHours: number): Worth {
  const after = byAge.findIndex((measured) => measured.ageHours >= ageHours);
  if (after === -1) return byAge.at(-1)!;
  const [from, to] = [byAge[Math.max(0, after - 1)]!, byAge[after]!];
  if (to.ageHours === from.ageHours || ageHours <= from.ageHours) return from;
  const share = (ageHours - from.ageHours) / (to.ageHours - from.ageHours);
  const between = (of: (worth: Worth) => number): number => of(from) + share * (of(to) - of(from));
  return { enjoyment: between((w) => w.enjoyment), recall: between((w) => w.recall) };
}

/**
 * The mean worth over reads.
 * @param readsByAge reads that found a list, by its age in whole hours: taken at the middle of the hour.
 */
export function meanWorth(
  worth: MeasuredWorth,
  { readsByAge, misses }: { readonly readsByAge: readonly number[]; readonly misses: number },
): Worth {
  let [enjoyment, recall, reads] = [misses * worth.onMiss.enjoyment, misses * worth.onMiss.recall, misses];
  readsByAge.forEach((count, hour) => {
    if (count === 0) return;
    const found = worthAt(worth, hour + 0.5);
    enjoyment += count * found.enjoyment;
    recall += count * found.recall;
    reads += count;
  });
  return reads === 0 ? { enjoyment: 0, recall: 0 } : { enjoyment: enjoyment / reads, recall: recall / reads };
}
