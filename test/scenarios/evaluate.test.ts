import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { readNpy } from '../../engine/core/npy.ts';
import { below, createStreams } from '../../engine/core/random.ts';
import { csrFromTriples, transpose } from '../../engine/interactions/csr.ts';
import { evaluateCommand } from '../../scenarios/commands/evaluate.ts';
import { recommendCommand } from '../../scenarios/commands/recommend.ts';
import { trainCommand } from '../../scenarios/commands/train.ts';
import { evaluateCandidates, evaluateFullCatalogue, popularityScorer } from '../../scenarios/scoring/holdout.ts';
import { applySettings, parseSettings } from '../../scenarios/set-option.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** Runs one command line in this process; what it printed on stdout. */
async function dubplate(...args: string[]): Promise<string> {
  let out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const program = new Command('dubplate');
  for (const command of [trainCommand(), recommendCommand(), evaluateCommand()]) program.addCommand(command);
  for (const command of [program, ...program.commands]) command.exitOverride();
  await program.parseAsync(['node', 'dubplate', ...args, '--quiet']);
  vi.restoreAllMocks();
  return out;
}

const [trainFile, testFile] = [join(folder, 'train.tsv'), join(folder, 'test.tsv')];
const small = ['--set', 'als.factors=4', '--set', 'als.regularization=0.02'];

beforeAll(() => {
  // Three tastes of twenty tracks each; every listener hears half of one, and is asked for the rest.
  const draw = createStreams('tastes')('tastes', 0);
  const rows = Array.from({ length: 90 }, (_, u) =>
    Array.from({ length: 20 }, (_, t) => `u${u}\tt${(u % 3) * 20 + t}\t${1 + below(9, draw)}\n`),
  ).flat();
  const isTrain = rows.map(() => draw() < 0.5);
  writeFileSync(trainFile, `user\ttrack\tplays\n${rows.filter((_, i) => isTrain[i]).join('')}u0\tt59\t1\n`);
  writeFileSync(testFile, `${rows.filter((_, i) => !isTrain[i]).join('')}stranger\tt3\t1\nu1\tnever-trained\t1\n`);
});

describe('full-catalogue evaluation', () => {
  const problem = fc.record({
    seed: fc.nat(1e6),
    users: fc.integer({ min: 1, max: 8 }),
    tracks: fc.integer({ min: 2, max: 12 }),
  });
  const build = ({ seed, users, tracks }: { seed: number; users: number; tracks: number }) => {
    const draw = createStreams(String(seed))('problem', 0);
    const someOf = (share: number) => {
      const pairs = Array.from({ length: users * tracks }, (_, i) => i).filter(() => draw() < share);
      const row = Uint32Array.from(pairs, (i) => Math.floor(i / tracks));
      const col = Uint32Array.from(pairs, (i) => i % tracks);
      return csrFromTriples({ rows: users, cols: tracks }, { row, col, weight: pairs.map(() => 1) });
    };
    return { train: someOf(0.3), test: someOf(0.3) };
  };
  const has = (m: ReturnType<typeof build>['train'], u: number, t: number) =>
    m.indices.subarray(m.indptr[u], m.indptr[u + 1]).includes(t);

  it('gives 1 to a model that knows the answers, and skips those who have nothing to find', () => {
    return fc.assert(
      fc.asyncProperty(problem, async (p) => {
        const holdout = build(p);
        const cheat = (users: Uint32Array): Float32Array =>
          Float32Array.from({ length: users.length * p.tracks }, (_, i) =>
            has(holdout.test, users[Math.floor(i / p.tracks)]!, i % p.tracks) ? 1 : 0,
          );
        const { n, skipped, metrics } = await evaluateFullCatalogue(holdout, cheat, [p.tracks]);
        const counted = Array.from({ length: p.users }, (_, u) => u).filter((u) =>
          Array.from({ length: p.tracks }, (_, t) => t).some(
            (t) => has(holdout.test, u, t) && !has(holdout.train, u, t),
          ),
        );
        expect([n, skipped]).toEqual([counted.length, p.users - counted.length]);
        for (const value of Object.values(metrics)) expect(value).toBeCloseTo(1, 12);
      }),
    );
  });

  it('never ranks what a user was trained on, though the model scores it highest', async () => {
    const matrix = (pairs: [number, number][]) =>
      csrFromTriples(
        { rows: 1, cols: 4 },
        {
          row: Uint32Array.from(pairs, ([u]) => u),
          col: Uint32Array.from(pairs, ([, t]) => t),
          weight: pairs.map(() => 1),
        },
      );
    const holdout = {
      train: matrix([
        [0, 0],
        [0, 1],
      ]),
      test: matrix([
        [0, 1],
        [0, 3],
      ]),
    };
    const score = (users: Uint32Array): Float32Array => Float32Array.from([...users].flatMap(() => [9, 8, 2, 1]));
    // Left to rank: 2, 3. Relevant: 3, for 1 was heard before.
    const { metrics } = await evaluateFullCatalogue(holdout, score, [1, 2]);
    expect(metrics).toMatchObject({ 'recall@1': 0, 'recall@2': 1, mrr: 0.5, map: 0.5 });
    const questions = [
      { user: 0, positive: 3, negatives: Uint32Array.of(0, 1, 2, 2) },
      { user: 0, positive: 1, negatives: Uint32Array.of(2) },
    ];
    const { n, skipped, metrics: among } = await evaluateCandidates(holdout.train, questions, score, [1, 2]);
    expect([n, skipped, among['hit@1'], among['hit@2'], among['ndcg@2']]).toEqual([1, 1, 0, 1, 1 / Math.log2(3)]);
  });

  it('takes the number of users as popularity, not the sum of weights', () => {
    const train = csrFromTriples(
      { rows: 3, cols: 2 },
      { row: Uint32Array.of(0, 1, 2), col: Uint32Array.of(0, 1, 1), weight: [99, 1, 1] },
    );
    expect(popularityScorer(transpose(train))(Uint32Array.of(0, 2))).toEqual(Float32Array.of(1, 2, 1, 2));
  });
});

describe('dubplate evaluate', () => {
  it('finds the tastes that are in the data, far above popularity, and counts everybody', async () => {
    const result = JSON.parse(
      await dubplate('evaluate', '--train', trainFile, '--test', testFile, '--json', '--k', '10,20', ...small),
    );
    expect(result['recall@20']).toBeGreaterThan(0.9);
    expect(result.popularity['recall@20']).toBeLessThan(0.6);
    expect(Object.keys(result)).toEqual(
      expect.arrayContaining(['recall@20', 'ndcg@10', 'hit@10', 'map', 'mrr', 'n', 'skipped']),
    );
    expect(result.n + result.skipped).toBe(91);
    expect(result.options.als).toMatchObject({ factors: 4, sweeps: 12 });
  });

  it('prints the same bytes for the same seed', async () => {
    const args = ['evaluate', '--train', trainFile, '--test', testFile, '--json', ...small];
    expect(await dubplate(...args)).toBe(await dubplate(...args));
    expect(await dubplate(...args, '--seed', 'other')).not.toBe(await dubplate(...args));
  });

  it('ranks the positive among given candidates', async () => {
    const questions = join(folder, 'questions.tsv');
    writeFileSync(questions, 'u0\tt1\tt25 t45 t30\nu1\tt21\tt1 t2 t45 t3 unknown\n');
    const args = [
      'evaluate',
      '--train',
      trainFile,
      '--test',
      questions,
      '--protocol',
      'candidates',
      '--k',
      '1,5',
      '--json',
    ];
    const result = JSON.parse(await dubplate(...args, ...small));
    expect(result.n + result.skipped).toBe(2);
    expect(result['hit@5']).toBe(result.n === 0 ? undefined : 1);
    writeFileSync(questions, 'u0\tt1\tt2\nu1\tt21\n');
    await expect(dubplate(...args)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('line 2'),
    });
  });

  it('suggests the protocol where a file of candidates is taken for a table', async () => {
    const questions = join(folder, 'taken-for-a-table.tsv');
    writeFileSync(questions, `u0\tt1\t${'t25 t45 t30 '.repeat(50).trim()}\n`);
    await expect(dubplate('evaluate', '--train', trainFile, '--test', questions)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/^.{0,300}$/s),
      hint: expect.stringContaining('--protocol candidates'),
    });
  });

  it('refuses unknown options and impossible values, all at once', async () => {
    const wrong = [
      '--set',
      'als.factor=4',
      '--set',
      'als.factors=0',
      '--set',
      'blend.kind=audio',
      '--set',
      'als.sweeps=many',
    ];
    const failure = dubplate('evaluate', '--train', trainFile, '--test', testFile, ...wrong);
    await expect(failure).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      details: {
        problems: expect.arrayContaining([
          expect.stringContaining('als.factor: no such option'),
          expect.stringContaining('als.factors'),
          expect.stringContaining('blend: no such option'),
          expect.stringContaining('als.sweeps'),
        ]),
      },
    });
  });

  const lastfm = fileURLToPath(new URL('../../../shared/data/lastfm-hetrec2k/', import.meta.url));
  const hasData = existsSync(lastfm);
  if (!hasData) console.warn(`skipped: no ${lastfm} (Last.fm HetRec 2011, train.tsv.gz and test.tsv.gz)`);
  it.skipIf(!hasData)('reaches Recall@20 of 0.25 on Last.fm HetRec 2011, where popularity has 0.037', async () => {
    const files = ['--train', `${lastfm}train.tsv.gz`, '--test', `${lastfm}test.tsv.gz`];
    const result = JSON.parse(await dubplate('evaluate', ...files, '--json', '--k', '20', '--set', 'als.factors=64'));
    expect(result['recall@20']).toBeGreaterThan(0.25);
    expect(result.popularity['recall@20']).toBeCloseTo(0.037, 3);
  });
});

describe('dubplate train and recommend', () => {
  const model = join(folder, 'model');
  const train = (...more: string[]) =>
    dubplate('train', '--interactions', trainFile, '--out', model, ...small, ...more);

  it('writes factors that others can read, and recommends what is scored highest and unheard', async () => {
    const summary = JSON.parse(await train('--json'));
    expect(readdirSync(model).sort()).toEqual([
      'manifest.json',
      'track_factors.npy',
      'tracks.txt',
      'user_factors.npy',
      'users.txt',
    ]);
    const users = readFileSync(join(model, 'users.txt'), 'utf8').trimEnd().split('\n');
    const tracks = readFileSync(join(model, 'tracks.txt'), 'utf8').trimEnd().split('\n');
    const [X, Y] = [readNpy(join(model, 'user_factors.npy')), readNpy(join(model, 'track_factors.npy'))];
    expect([X.rows, X.cols, Y.rows, Y.cols]).toEqual([users.length, 4, tracks.length, 4]);
    expect(summary.losses).toHaveLength(12);

    const lines = (
      await dubplate('recommend', '--model', model, '--interactions', trainFile, '--user', 'u4', 'u5', '--n', '5')
    )
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => line.split('\t')[0])).toEqual([...new Array(5).fill('u4'), ...new Array(5).fill('u5')]);
    const heard = readFileSync(trainFile, 'utf8')
      .split('\n')
      .map((line) => line.split('\t').slice(0, 2).join('\t'));
    for (const line of lines) {
      const [user, track, score] = line.split('\t');
      expect(heard).not.toContain(`${user}\t${track}`);
      const row = (ids: string[], id: string) => ids.indexOf(id) * 4;
      let product = 0;
      for (let i = 0; i < 4; i++) product += X.data[row(users, user!) + i]! * Y.data[row(tracks, track!) + i]!;
      expect(Number(score)).toBeCloseTo(product, 6);
    }
    const all = JSON.parse(await dubplate('recommend', '--model', model, '--json', '--n', '1'));
    expect(all.users.map(({ user }: { user: string }) => user)).toEqual(users);
  });

  it('writes the same bytes again for the same seed', async () => {
    const bytes = () => readdirSync(model).map((name) => readFileSync(join(model, name), 'base64'));
    await train();
    const first = bytes();
    await train();
    expect(bytes()).toEqual(first);
  });

  it('notices a model whose files do not belong together, and users it does not know', async () => {
    await train();
    await expect(dubplate('recommend', '--model', model, '--user', 'nobody')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining("'nobody'"),
    });
    writeFileSync(join(model, 'tracks.txt'), 'x\n');
    await expect(dubplate('recommend', '--model', model)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(dubplate('recommend', '--model', join(folder, 'none'))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });

  it('touches nothing when the input is wrong or the folder holds something else', async () => {
    const other = mkdtempSync(join(folder, 'other-'));
    writeFileSync(join(other, 'thesis.txt'), 'mine');
    await expect(dubplate('train', '--interactions', trainFile, '--out', other)).rejects.toMatchObject({
      code: 'OUTPUT_NOT_A_RUN',
    });
    expect(readdirSync(other)).toEqual(['thesis.txt']);
    writeFileSync(join(other, 'manifest.json'), JSON.stringify({ name: 'dubplate', schema: 1 }));
    await expect(dubplate('train', '--interactions', trainFile, '--out', other)).rejects.toMatchObject({
      code: 'OUTPUT_NOT_A_RUN',
    });
    const bad = join(folder, 'bad.tsv');
    writeFileSync(bad, 'a\tb\nc\n');
    const out = join(folder, 'untouched');
    await expect(dubplate('train', '--interactions', bad, '--out', out)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect(existsSync(out)).toBe(false);
  });
});

describe('settings', () => {
  it('reach any depth, read JSON values, keep other text as text, and leave the original alone', () => {
    const scenario = { days: 3, arms: { hybrid: { als: { factors: 8 } } }, expect: [{ atLeast: 1 }] };
    const before = structuredClone(scenario);
    const settings = [
      'days=5',
      'arms.hybrid.als.factors=64',
      'arms.other.blend.kind=audio',
      'expect.0.atLeast=-0.5',
      'family=["latent"]',
      'note=a=b',
    ];
    expect(applySettings(scenario, settings)).toEqual({
      days: 5,
      arms: { hybrid: { als: { factors: 64 } }, other: { blend: { kind: 'audio' } } },
      expect: [{ atLeast: -0.5 }],
      family: ['latent'],
      note: 'a=b',
    });
    expect(scenario).toEqual(before);
  });

  it('keep a number as text where the schema wants text', () => {
    const schema = z.strictObject({ seed: z.string(), days: z.int(), deep: z.object({ name: z.string() }).optional() });
    expect(parseSettings(schema, ['seed=7', 'days=7', 'deep.name=true'])).toEqual({
      seed: '7',
      days: 7,
      deep: { name: 'true' },
    });
  });

  it('name every setting that cannot be placed', () => {
    expect(() => applySettings({}, ['factors', '=4', 'a..b=1', '__proto__.polluted=1'])).toThrow('4 problems');
    expect(() => applySettings({ days: 3 }, ['days.first=1'])).toThrow('days is 3, which has no parts');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
