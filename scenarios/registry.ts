import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { tsImport } from 'tsx/esm/api';
import { DubplateError, messageOf } from '../engine/core/errors.ts';
import blend from './blend.ts';
import cacheSizing from './cache-sizing.ts';
import coldStart from './cold-start.ts';
import hearing from './hearing.ts';
import micro from './micro.ts';
import { didYouMean } from './nearest.ts';
import type { ScenarioInput } from './schema.ts';
import staleness from './staleness.ts';

/** The scenarios that come with Dubplate. A file of your own needs no entry: `dubplate run ./my-scenario.ts`. */
export const scenarios: readonly ScenarioInput[] = [coldStart, blend, hearing, staleness, cacheSizing, micro];

/**
 * A scenario by name or by path of a file whose default export it is.
 * @throws DubplateError FILE_NOT_FOUND naming the scenarios there are; INVALID_INPUT when the file declares none.
 */
export async function findScenario(nameOrPath: string): Promise<ScenarioInput> {
  const known = scenarios.find((scenario) => scenario.name === nameOrPath);
  if (known) return known;
  if (!/\.(ts|js|mjs|json)$/.test(nameOrPath) || !existsSync(nameOrPath)) {
    const names = scenarios.map(({ name }) => name);
    throw new DubplateError('FILE_NOT_FOUND', `There is no scenario '${nameOrPath}'${didYouMean(nameOrPath, names)}`, {
      hint: `Choose one of ${names.join(', ')}, or give the path of a .ts file that exports one.`,
    });
  }
  const scenario = await load(nameOrPath);
  if (typeof scenario !== 'object' || scenario === null) {
    throw new DubplateError('INVALID_INPUT', `${nameOrPath} has no default export that is a scenario`, {
      hint: 'Write `export default defineScenario({ … })`; scenarios/blend.ts is one to copy.',
    });
  }
  return scenario as ScenarioInput;
}

/** What a file declares. A `.ts` file may stand anywhere: tsx loads it whatever package it belongs to. */
async function load(path: string): Promise<unknown> {
  try {
    if (path.endsWith('.json')) return JSON.parse(readFileSync(path, 'utf8'));
    const module: { default?: unknown } = await tsImport(pathToFileURL(resolve(path)).href, import.meta.url);
    // Where the nearest package.json says CommonJS, the export arrives wrapped once more.
    const { default: exported } = module;
    return isWrapped(exported) ? exported.default : exported;
  } catch (cause) {
    throw new DubplateError('INVALID_INPUT', `${path} cannot be loaded: ${messageOf(cause)}`, {
      hint: `Mend the file; it may import defineScenario from ${fileURLToPath(new URL('./schema.ts', import.meta.url))}, or export a plain object.`,
      cause,
    });
  }
}

const isWrapped = (exported: unknown): exported is { default: unknown } =>
  typeof exported === 'object' && exported !== null && 'default' in exported;
