import { describe, expect, it } from 'vitest';
import { answersOf } from '../../reports/answer.ts';
import { figuresOf } from '../../reports/figures.ts';
import { readRun, type SummaryRow } from '../../reports/read-run.ts';
import { runFolder, runOf, syntheticRun } from './run-fixture.ts';

const answers = (options?: Parameters<typeof syntheticRun>[0]) =>
  answersOf(figuresOf(readRun(runFolder(syntheticRun(options)))));

const mean = (arm: string, segment: string, metric: string, value: number | null): SummaryRow => ({
  ...{ arm, family: 'latent', segment, metric, mean: value },
  ...{ low: null, high: null, worlds: 1 },
});

describe('answersOf', () => {
  it('names the best arm on new tracks first, then the others and chance', () => {
    const [answer] = answers();
    expect(answer?.headline).toBe(
      'hybrid finds 0.200 of the truly best new tracks in its first 50; collaborative 0.00400; random 0.0330.',
    );
    expect(answer?.remarks).toEqual([
      'For listeners and tracks both established: collaborative 0.240, hybrid 0.237.',
      'One world: there is no interval, and a difference may be chance.',
    ]);
  });

  it('answers for each family, and says in how many worlds the leader leads', () => {
    const list = answers({ worlds: 3, families: ['latent', 'acoustic'] });
    expect(list.map(({ family }) => family)).toEqual(['latent', 'acoustic']);
    expect(list[0]?.remarks[0]).toBe('hybrid is ahead of collaborative in 3 of 3 worlds, by 0.198 on average.');
    expect(list[0]?.remarks[2]).toMatch(/^95 % intervals over 3 worlds: hybrid \[.*\]\.$/);
  });

  it('falls back to all tracks, and to recall, when new tracks have no figure', () => {
    const all = answersOf(
      figuresOf(runOf([mean('a', 'newTrack', 'oracleRecall@50', null), mean('a', 'all', 'oracleRecall@50', 0.5)])),
    );
    expect(all[0]?.headline).toBe('a finds 0.500 of the truly best tracks in its first 50.');
    const recall = answersOf(figuresOf(runOf([mean('a', 'all', 'recall@50', 0.25)])));
    expect(recall[0]?.headline).toContain('a finds 0.250 of the tracks enjoyed');
    expect(answersOf(figuresOf(runOf([mean('a', 'all', 'gini', 0.25)])))[0]?.headline).toContain('No arm has');
  });

  it('sets what lists are worth to everybody beside what they cost, where arms make them at different times', () => {
    const rows = (arm: string, recall: number, flops: number): SummaryRow[] => [
      mean(arm, 'newTrack', 'oracleRecall@50', 0.9),
      mean(arm, 'all', 'oracleRecall@50', recall),
      mean(arm, 'all', 'flopsPerDay', flops),
    ];
    const run = runOf([...rows('every24', 0.2, 1e9), ...rows('every6', 0.25, 4e9)], [], ['every24', 'every6']);
    expect(answersOf(figuresOf(run))[0]?.headline).toBe(
      'every6 finds 0.250 of the truly best tracks in its first 50 (4.00G flop a day); every24 0.200 (1.00G flop a day).',
    );
  });
});
