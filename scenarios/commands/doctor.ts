import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { availableKernels, chooseKernel } from '../../engine/als/choose-kernel.ts';
import type { Kernel } from '../../engine/als/kernel.ts';
import { nativeStatus } from '../../engine/als/native.ts';
import { checkCacheUrl } from '../../engine/cache/connect.ts';
import { DubplateError } from '../../engine/core/errors.ts';
import { type Machine, thisMachine } from '../machine.ts';
import { version } from '../version.ts';

interface Finding {
  readonly what: string;
  readonly found: string;
  readonly isFine: boolean;
  /** What it is for and how to get it, where it is missing. */
  readonly advice?: string;
}

/** `dubplate doctor`: what this machine has, and how to get the rest. */
export const doctorCommand = (): Command =>
  new Command('doctor')
    .description('say what this machine has (Node, kernel, threads, Redis, memory) and how to get the rest')
    .option('--redis <url>', 'also try to reach this server')
    .option('--json', 'print as JSON', false)
    .action(async ({ redis, json }: { readonly redis?: string; readonly json: boolean }) => {
      const findings = [...inspect(thisMachine()), ...(redis === undefined ? [] : [await reach(redis)])];
      if (json) {
        process.stdout.write(`${JSON.stringify({ schema: 1, version, findings })}\n`);
      } else {
        for (const { what, found, isFine, advice } of findings) {
          process.stdout.write(`${isFine ? 'ok     ' : 'missing'} ${what.padEnd(16)} ${found}\n`);
          if (advice) process.stdout.write(`${' '.repeat(25)}→ ${advice}\n`);
        }
      }
      if (findings.some(({ what, isFine }) => !isFine && (what === 'node' || what === 'cache server')))
        process.exitCode = 2;
    });

function inspect(machine: Machine): Finding[] {
  const [major = 0, minor = 0] = machine.node.slice(1).split('.').map(Number);
  const isNewEnough = major > 20 || (major === 20 && minor >= 19);
  const memory = machine.memoryBytes / 2 ** 30;
  const redis = versionOf('redis-server', ['--version']) ?? versionOf('valkey-server', ['--version']);
  const runtime = packageVersion('onnxruntime-node');
  return [
    {
      what: 'node',
      found: machine.node,
      isFine: isNewEnough,
      ...(isNewEnough ? {} : { advice: 'Dubplate needs Node 20.19 or later.' }),
    },
    { what: 'processor', found: `${machine.cores} × ${machine.cpu}`, isFine: true },
    {
      what: 'memory',
      found: `${memory.toFixed(1)} GiB`,
      isFine: memory >= 2,
      ...(memory >= 2
        ? {}
        : { advice: 'The default run needs up to 2 GB; use --listeners and --tracks to shrink it.' }),
    },
    inspectKernel(),
    {
      what: 'ONNX Runtime',
      found: runtime ?? 'not installed',
      isFine: runtime !== undefined,
      ...(runtime ? {} : { advice: 'Run npm ci; the encoder cannot be trained without it.' }),
    },
    {
      what: 'redis-server',
      found: redis ?? 'not on the PATH (the embedded cache is used; its tests are skipped)',
      isFine: redis !== undefined,
      ...(redis ? {} : { advice: 'Debian and Ubuntu: apt-get install redis-server; macOS: brew install redis.' }),
    },
  ];
}

/** Which kernel a run would use, and how to get a faster one. */
function inspectKernel(): Finding {
  const native = nativeStatus();
  const what = 'ALS kernel';
  if ('reason' in native) {
    const found = `TypeScript on worker threads: ${native.reason}`;
    return { what, found, isFine: false, advice: `${native.advice} Until then training takes some 40 times longer.` };
  }
  const chosen = kernelOrProblem();
  if (chosen instanceof DubplateError) return { what, found: chosen.message, isFine: false, advice: chosen.hint };
  const { name, threads } = chosen;
  const others = availableKernels().filter((kernel) => kernel !== name);
  return {
    what,
    found: `${name}, ${threads} threads (DUBPLATE_KERNEL takes ${others.join(' or ')}, too)`,
    isFine: true,
  };
}

function kernelOrProblem(): Kernel | DubplateError {
  try {
    return chooseKernel();
  } catch (error) {
    if (error instanceof DubplateError) return error;
    throw error;
  }
}

async function reach(url: string): Promise<Finding> {
  try {
    const { redacted, server } = await checkCacheUrl(url);
    return { what: 'cache server', found: `${redacted}: ${server}`, isFine: true };
  } catch (error) {
    if (!(error instanceof DubplateError)) throw error;
    return { what: 'cache server', found: error.message, isFine: false, advice: error.hint };
  }
}

function versionOf(program: string, flags: readonly string[]): string | undefined {
  try {
    return execFileSync(program, flags, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')[0]
      ?.trim();
  } catch {
    return undefined;
  }
}

function packageVersion(name: string): string | undefined {
  try {
    const found: unknown = createRequire(import.meta.url)(`${name}/package.json`);
    return typeof found === 'object' && found !== null && 'version' in found ? String(found.version) : undefined;
  } catch {
    return undefined;
  }
}
