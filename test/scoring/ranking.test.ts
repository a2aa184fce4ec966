import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagePrecision,
  type Found,
  findRelevant,
  hitAt,
  meanMetrics,
  ndcgAt,
  rankingMetrics,
  recallAt,
  reciprocalRank,
} from '../../scenarios/scoring/ranking.ts';

const oracle = (name: string): string[][] =>
  readFileSync(new URL(`../oracles/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));

/** trec_eval's order of a scored run: score descending, then id descending by UTF-16 code units. */
const trecOrder = (scored: ReadonlyMap<string, number>): string[] =>
  [...scored].sort(([idA, a], [idB, b]) => b - a || (idA < idB ? 1 : idA > idB ? -1 : 0)).map(([id]) => id);

describe('ranking metrics against trec_eval', () => {
  const judged = new Map<string, Map<string, number>>();
  for (const [topic, , id, gain] of oracle('qrels_synth.txt')) {
    judged.set(topic!, (judged.get(topic!) ?? new Map()).set(id, Number(gain)));
  }
  const runs = new Map<string, Map<string, number>>();
  for (const [topic, , id, , score] of oracle('run_synth.txt')) {
    runs.set(topic!, (runs.get(topic!) ?? new Map()).set(id, Number(score)));
  }
  const metrics: Record<string, (found: Found) => number> = {
    map: averagePrecision,
    map_cut_10: (found) => averagePrecision(found, 10),
    ndcg: ndcgAt,
    ndcg_cut_5: (found) => ndcgAt(found, 5),
    ndcg_cut_10: (found) => ndcgAt(found, 10),
    ndcg_cut_20: (found) => ndcgAt(found, 20),
    recall_10: (found) => recallAt(found, 10),
    recall_100: (found) => recallAt(found, 100),
    recip_rank: reciprocalRank,
    success_10: (found) => hitAt(found, 10),
  };
  const expected = oracle('trec_eval_17g.tsv').filter(([name]) => name! in metrics);

  it('agrees on every measure and listener to the last bit', () => {
    const wrong: string[] = [];
    let compared = 0;
    for (const [name, topic, value] of expected) {
      if (topic === 'all') continue;
      const found = metrics[name!]!(findRelevant(trecOrder(runs.get(topic!)!), judged.get(topic!)!));
      compared += 1;
      if (!Object.is(found, Number(value))) wrong.push(`${name} of ${topic}: ${found}, expected ${value}`);
    }
    expect(wrong).toEqual([]);
    expect(compared).toBe(3000);
  });

  it('agrees on the means, which sum over listeners in the order of the file', () => {
    const topics = [...new Set(expected.map(([, topic]) => topic!))].filter((topic) => topic !== 'all');
    for (const [name, topic, value] of expected) {
      if (topic !== 'all') continue;
      const each = topics.map((t) => ({
        mean: metrics[name!]!(findRelevant(trecOrder(runs.get(t)!), judged.get(t)!)),
      }));
      expect([name, meanMetrics(each).mean]).toEqual([name, Number(value)]);
    }
  });

  it('has listeners with nothing relevant, who score 0', () => {
    const found = [...judged].map(([topic, gains]) => findRelevant(trecOrder(runs.get(topic)!), gains));
    const nobody = found.filter(({ ideal }) => ideal.length === 0);
    expect(nobody.length).toBeGreaterThan(0);
    for (const nothing of nobody) for (const metric of Object.values(metrics)) expect(metric(nothing)).toBe(0);
  });
});

describe('ranking metrics', () => {
  const relevance = fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 20 });
  const ranking = fc.shuffledSubarray(Array.from({ length: 60 }, (_, id) => id));
  const k = fc.integer({ min: 1, max: 70 });

  it('are 1 for the ideal list and never exceed 1', () => {
    fc.assert(
      fc.property(relevance, ranking, k, (relevant, ranked, cut) => {
        const judged = new Map(relevant.map((id, i) => [id, (i % 3) + 1]));
        const ideal = [...judged].sort(([, a], [, b]) => b - a).map(([id]) => id);
        expect(ndcgAt(findRelevant(ideal, judged), cut)).toBe(1);
        expect(averagePrecision(findRelevant(ideal, judged))).toBe(1);
        for (const value of Object.values(rankingMetrics(ranked, judged, [cut]))) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('never fall when a relevant item moves up one place', () => {
    fc.assert(
      fc.property(relevance, ranking, k, fc.nat(58), (relevant, ranked, cut, at) => {
        const judged = new Map(relevant.map((id) => [id, 1]));
        fc.pre(at + 1 < ranked.length && judged.has(ranked[at + 1]!) && !judged.has(ranked[at]!));
        const better = ranked.with(at, ranked[at + 1]!).with(at + 1, ranked[at]!);
        const before = rankingMetrics(ranked, judged, [cut]);
        const after = rankingMetrics(better, judged, [cut]);
        for (const name of Object.keys(before)) expect(after[name]).toBeGreaterThanOrEqual(before[name]!);
      }),
    );
  });

  it('take a set of relevant items as gains of one, and lists as typed arrays', () => {
    fc.assert(
      fc.property(relevance, ranking, k, (relevant, ranked, cut) => {
        const gains = rankingMetrics(ranked, new Map(relevant.map((id) => [id, 1])), [cut]);
        expect(rankingMetrics(Uint32Array.from(ranked), new Set(relevant), [cut])).toEqual(gains);
      }),
    );
  });

  it('give a model that scores everything alike no credit for ties', () => {
    const scored = new Map(Array.from({ length: 100 }, (_, i) => [`t${String(i).padStart(2, '0')}`, 0.5]));
    expect(trecOrder(scored).slice(0, 2)).toEqual(['t99', 't98']);
    expect(ndcgAt(findRelevant(trecOrder(scored), new Map([['t00', 1]])))).toBeCloseTo(1 / Math.log2(101), 12);
  });
});
