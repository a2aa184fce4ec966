import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Module, parseModule, readModules } from './support/syntax.ts';

/** Who may import whom, the narrowest folder first. Packages and Node's own modules are open to all. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  'engine/core': ['engine/core'],
  engine: ['engine'],
  sim: ['sim', 'engine/core'],
  reports: ['reports'],
  scenarios: ['scenarios', 'sim', 'engine', 'reports'],
};

/** Wrapped in one module each: whoever needs them goes through that module. */
const heavyPackages = [
  'onnxruntime-node',
  'ioredis',
  'ioredis-mock',
  'apache-arrow',
  'audio-decode',
  '@duckdb/node-api',
];

/** Wrong, or drawn from Math.random unless told otherwise. */
const unsafeStatistics = [
  'tTest',
  'tTestTwoSample',
  'permutationTest',
  'probit',
  'cumulativeStdNormalProbability',
  'shuffle',
  'shuffleInPlace',
  'sample',
  'sampleWithReplacement',
];

/** Sources of time and chance that no seed controls. */
const uncontrolled = [
  'Math.random',
  'Date.now',
  'new Date',
  'performance.now',
  'process.hrtime',
  'hrtime.bigint',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'randomBytes',
  'randomUUID',
  'getRandomValues',
];

/** Progress and cancellation of long work, and waiting for a server, need the event loop's clock; no result depends on it. */
const watchers: readonly string[] = [
  'engine/als/typescript-kernel.ts: node:timers/promises',
  'engine/als/typescript-kernel.ts: setImmediate',
  'engine/als/watched.ts: setInterval',
  'engine/cache/connect.ts: node:timers/promises',
  'engine/cache/connect.ts: setTimeout',
];

const isIn = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);
const isOurs = (target: string): boolean => target.includes('/') && Object.keys(arrows).some((f) => isIn(target, f));

/** Imports against the arrows, leaving the project's folders, or not written out so that nobody can check them. */
function wrongArrows(modules: readonly Module[]): string[] {
  return modules.flatMap(({ path, imports }) => {
    const folder = Object.keys(arrows).find((name) => isIn(path, name));
    const allowed = folder === undefined ? [] : (arrows[folder] ?? []);
    return imports
      .map(({ target }) => target)
      .filter((target) => {
        if (target === '?' || target.startsWith('..')) return folder !== 'scenarios';
        return isOurs(target) && !allowed.some((name) => isIn(target, name));
      })
      .map((target) => `${path} -> ${target}`);
  });
}

/** Rings of files that import each other, each once, as a -> b -> a. */
function cycles(modules: readonly Module[]): string[] {
  const targets = new Map(modules.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
  const found: string[] = [];
  const finished = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(' -> '));
    if (start >= 0 || finished.has(path)) return;
    for (const target of targets.get(path) ?? []) walk(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of targets.keys()) walk(path, []);
  return found;
}

const uncontrolledUses = (modules: readonly Module[]): string[] =>
  modules
    .filter(({ path }) => isIn(path, 'engine') || isIn(path, 'sim'))
    .flatMap(({ path, uses, imports }) => [
      ...uncontrolled.filter((name) => uses.has(name)).map((name) => `${path}: ${name}`),
      ...imports
        .filter(({ target }) => /^node:(timers|perf_hooks)/.test(target))
        .map(({ target }) => `${path}: ${target}`),
    ]);

/** Everything of simple-statistics must be imported by name, and not by one of the unsafe ones. */
const unsafeStatisticsUses = (modules: readonly Module[]): string[] =>
  modules.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => target === 'simple-statistics')
      .flatMap(({ names }) => names)
      .filter((name) => name === '*' || name === 'default' || unsafeStatistics.includes(name))
      .map((name) => `${path}: ${name}`),
  );

function crowdedPackages(modules: readonly Module[]): string[] {
  return heavyPackages
    .map((name) => ({ name, importers: modules.filter((m) => m.imports.some((i) => packageOf(i.target) === name)) }))
    .filter(({ importers }) => importers.length > 1)
    .map(({ name, importers }) => `${name}: ${importers.map(({ path }) => path).join(', ')}`);
}

/** Packages that an installation without development dependencies lacks. */
const undeclaredPackages = (modules: readonly Module[], declared: readonly string[]): string[] =>
  modules.flatMap(({ path, imports }) =>
    imports
      .map(({ target }) => target)
      .filter((target) => /^[@a-z]/.test(target) && !target.startsWith('node:') && !isOurs(target))
      .filter((target) => target !== 'package.json' && !declared.includes(packageOf(target)))
      .map((target) => `${path}: ${target}`),
  );

/** `@scope/name` or `name` of what is imported from it. */
const packageOf = (target: string): string =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');

const root = join(import.meta.dirname, '..');
const declared = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies);

describe('the source tree', () => {
  const modules = readModules(root, ['engine', 'sim', 'scenarios', 'reports']);

  it('is read: every folder has files, and their imports are found', () => {
    for (const folder of Object.keys(arrows)) expect(modules.some(({ path }) => isIn(path, folder))).toBe(true);
    const store = modules.find(({ path }) => path === 'engine/cache/slate-store.ts');
    expect(store?.imports.map(({ target }) => target)).toContain('engine/core/errors.ts');
    expect(store?.uses).toContain('counters.hits');
  });

  it('keeps the arrows: scenarios -> sim, engine; sim -> engine/core; reports and engine/core stand alone', () => {
    expect(wrongArrows(modules)).toEqual([]);
  });

  it('has no files that import each other in a ring', () => {
    expect(cycles(modules)).toEqual([]);
  });

  it('takes time and chance in engine and sim only from outside', () => {
    expect(uncontrolledUses(modules).sort()).toEqual(watchers);
  });

  it('uses nothing of simple-statistics that is wrong or draws from Math.random', () => {
    expect(unsafeStatisticsUses(modules)).toEqual([]);
  });

  it('wraps each heavy package in one module', () => {
    expect(crowdedPackages(modules)).toEqual([]);
  });

  it('runs on the declared dependencies alone', () => {
    expect(undeclaredPackages(modules, declared)).toEqual([]);
  });
});

describe('the checks of the source tree', () => {
  it.each([
    ['engine/als/a.ts', "import { x } from '../../sim/world.ts';", 'sim/world.ts'],
    ['engine/a.ts', "import type { X } from '../sim/truth.ts';", 'sim/truth.ts'],
    ['engine/a.ts', "export { run } from '../scenarios/run.ts';", 'scenarios/run.ts'],
    ['engine/a.ts', "const page = await import('../reports/page.ts');", 'reports/page.ts'],
    ['engine/a.ts', "type T = import('../sim/truth.ts').Truth;", 'sim/truth.ts'],
    ['engine/a.ts', 'const t = await import(name);', '?'],
    ['engine/core/a.ts', "export * from '../cache/codec.ts';", 'engine/cache/codec.ts'],
    ['sim/a.ts', "import { createEngine } from '../engine/index.ts';", 'engine/index.ts'],
    ['sim/a.ts', "import '../scenarios/run.ts';", 'scenarios/run.ts'],
    ['sim/a.ts', "const { x } = require('../engine/options.ts');", 'engine/options.ts'],
    ['reports/a.ts', "import { digestOf } from '../engine/core/digest.ts';", 'engine/core/digest.ts'],
    ['reports/a.ts', "import type { World } from '../sim/world.ts';", 'sim/world.ts'],
    ['sim/a.ts', "import x from '../../elsewhere/x.ts';", '../elsewhere/x.ts'],
  ])('find the wrong arrow in %s: %s', (path, source, target) => {
    expect(wrongArrows([parseModule(path, source)])).toEqual([`${path} -> ${target}`]);
  });

  it.each([
    ['scenarios/a.ts', "import '../sim/world.ts'; import '../engine/index.ts'; import '../reports/table.ts';"],
    ['sim/actors/a.ts', "import '../../engine/core/random.ts'; import './row.ts'; import 'xstate'; import 'node:fs';"],
    ['engine/als/a.ts', "import '../core/matrix.ts'; // import '../../sim/world.ts'"],
    ['reports/a.ts', "import './b.ts'; const words = \"import x from '../sim/world.ts'\";"],
  ])('let right arrows pass in %s', (path, source) => {
    expect(wrongArrows([parseModule(path, source)])).toEqual([]);
  });

  it('find rings of two, of three and of one, through types as well', () => {
    const ring = (...paths: string[]): Module[] =>
      paths.map((path, i) =>
        parseModule(`engine/${path}`, `import type { X } from './${paths[(i + 1) % paths.length]}';`),
      );
    expect(cycles(ring('a.ts', 'b.ts'))).toEqual(['engine/a.ts -> engine/b.ts -> engine/a.ts']);
    expect(cycles(ring('a.ts', 'b.ts', 'c.ts'))).toHaveLength(1);
    expect(cycles(ring('a.ts'))).toEqual(['engine/a.ts -> engine/a.ts']);
    const chain = parseModule('engine/z.ts', "import './a.ts';");
    expect(cycles([chain, ...ring('a.ts', 'b.ts')])).toHaveLength(1);
    expect(cycles([chain, parseModule('engine/a.ts', ''), parseModule('engine/b.ts', "import './a.ts';")])).toEqual([]);
  });

  it.each([
    ['Math.random()', 'Math.random'],
    ["Math['random']()", 'Math.random'],
    ['globalThis.Math.random()', 'Math.random'],
    ['const { random } = Math;', 'Math.random'],
    ['const draw = Math.random;', 'Math.random'],
    ['Date.now()', 'Date.now'],
    ['new Date()', 'new Date'],
    [`const s = \`at \${performance.now()}\`;`, 'performance.now'],
    ['setTimeout(run, 5)', 'setTimeout'],
    ['promisify(setTimeout)', 'setTimeout'],
    ["import { setTimeout } from 'node:timers/promises';", 'node:timers/promises'],
    ["import { randomUUID } from 'node:crypto';", 'randomUUID'],
    ['process.hrtime.bigint()', 'process.hrtime'],
  ])('find uncontrolled time or chance in %s', (source, name) => {
    expect(uncontrolledUses([parseModule('sim/a.ts', source)])).toContain(`sim/a.ts: ${name}`);
    expect(uncontrolledUses([parseModule('engine/x/a.ts', source)])).toContain(`engine/x/a.ts: ${name}`);
    expect(uncontrolledUses([parseModule('scenarios/a.ts', source)])).toEqual([]);
  });

  it('do not mind the names in comments, strings and other objects', () => {
    const source = "/* Math.random, new Date() */ const s = 'Date.now()'; draws.random(); clock.now(); // setTimeout";
    expect(uncontrolledUses([parseModule('sim/a.ts', source)])).toEqual([]);
  });

  it.each([
    ...unsafeStatistics.map((name) => [`import { mean, ${name} as safe } from 'simple-statistics';`, name]),
    ["import * as ss from 'simple-statistics';", '*'],
    ["import ss from 'simple-statistics';", 'default'],
    ["export { tTest } from 'simple-statistics';", 'tTest'],
    ["const ss = await import('simple-statistics');", '*'],
  ])('find unsafe statistics in %s', (source, name) => {
    expect(unsafeStatisticsUses([parseModule('reports/a.ts', source)])).toEqual([`reports/a.ts: ${name}`]);
  });

  it('let safe statistics pass', () => {
    const source = "import { mean, quantile } from 'simple-statistics'; const sample = mean([1]);";
    expect(unsafeStatisticsUses([parseModule('reports/a.ts', source)])).toEqual([]);
  });

  it.each(heavyPackages)('find a second importer of %s, for types and parts of it as well', (name) => {
    const one = parseModule('engine/a.ts', `import '${name}';`);
    expect(crowdedPackages([one])).toEqual([]);
    for (const source of [`import type { X } from '${name}';`, `await import('${name}');`, `import '${name}/part';`]) {
      expect(crowdedPackages([one, parseModule('sim/b.ts', source)])).toEqual([`${name}: engine/a.ts, sim/b.ts`]);
    }
  });

  it('find packages that are not declared, development ones included', () => {
    const source = "import '@tensorflow/tfjs'; import 'fast-check'; import 'zod'; import 'node:fs'; import './b.ts';";
    const found = undeclaredPackages([parseModule('engine/a.ts', source)], declared);
    expect(found).toEqual(['engine/a.ts: @tensorflow/tfjs', 'engine/a.ts: fast-check']);
  });
});
