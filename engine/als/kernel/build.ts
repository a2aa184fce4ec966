// Builds the kernel with the C++ compiler at hand: `npm install` runs this. Without a compiler, or when it fails, one line
// says so and the TypeScript kernel does the work; nothing is downloaded. CXX names another compiler, CXXFLAGS adds flags.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { kernelSources } from './sources.ts';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, 'build');
const require = createRequire(import.meta.url);

/** What is compiled once, and what once for every instruction set. */
const sources = {
  'addon.cpp': '-O1',
  'blend-block.cpp': '-O2',
  'fixed-side.cpp': '-O2',
  'gram-matrix.cpp': '-O2',
  'packed-tracks.cpp': '-O2',
  'track-index.cpp': '-O2',
  'turn.cpp': '-O2',
};
const loops = ['rows.cpp', 'filter.cpp', 'blend.cpp', 'peak.cpp'];
const avx512 = ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mfma'];
const emulated = ['-DSIMDE_ENABLE_NATIVE_ALIASES', '-mavx2', '-mfma'];
const instructionSets: Readonly<Record<string, readonly string[]>> = {
  portable: ['-O2'], // as fast as -O3 and three times quicker to build
  ...(process.arch === 'x64' && {
    avx2: ['-DKERNEL_AVX2', '-mavx2', '-mfma'],
    avx512: ['-DKERNEL_AVX512', ...(process.env.EMULATE_AVX512 ? emulated : avx512)],
  }),
};
const units = [
  ...Object.entries(sources).map(([source, level]) => ({ source, name: source, flags: [level] as readonly string[] })),
  ...Object.entries(instructionSets).flatMap(([set, flags]) =>
    loops.map((source) => ({ source, name: `${set}-${source}`, flags })),
  ),
];

try {
  await build(findCompiler());
} catch (error) {
  const { message, stderr } = error as Error & { stderr?: string };
  const reason = stderr?.split('\n').find((line) => line.includes('error')) ?? message;
  console.warn(
    `dubplate: the native kernel was not built (${reason.trim()}). The TypeScript kernel works in its place, but slowly: see \`npx dubplate doctor\`.`,
  );
}

async function build(compiler: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  const run = promisify(execFile);
  // No fused operation but those that are written: the bits must not depend on the compiler's mood.
  const common = [
    '-std=c++17',
    '-O3',
    '-fPIC',
    '-pthread',
    '-ffp-contract=off',
    '-fno-math-errno', // square roots in lanes
    '-fvisibility=hidden',
    '-Wall',
    '-Wextra',
    '-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL',
    ...(process.env.EMULATE_AVX512 ? ['-DKERNEL_EMULATE'] : []),
    `-DKERNEL_SOURCES="${kernelSources()}"`,
    '-isystem',
    require('node-api-headers').include_dir,
    '-isystem',
    dirname(require.resolve('node-addon-api')),
    ...(process.env.CXXFLAGS?.split(' ').filter(Boolean) ?? []),
  ];
  const objects = await Promise.all(
    units.map(async ({ source, name, flags }) => {
      const object = join(out, `${name}.o`);
      await run(compiler, [...common, ...flags, '-c', join(here, source), '-o', object]);
      return object;
    }),
  );
  const shared = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  await run(compiler, [...common, ...shared, ...objects, '-o', join(out, 'kernel.tmp')]);
  renameSync(join(out, 'kernel.tmp'), join(out, 'kernel.node'));
  for (const object of objects) rmSync(object);
}

function findCompiler(): string {
  for (const compiler of process.env.CXX ? [process.env.CXX] : ['g++', 'clang++', 'c++']) {
    try {
      execFileSync(compiler, ['--version'], { stdio: 'ignore' });
      return compiler;
    } catch {}
  }
  throw new Error(process.env.CXX ? `no compiler ${process.env.CXX}` : 'no g++ or clang++ found');
}
