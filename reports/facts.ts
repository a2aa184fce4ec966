import type { Figures } from './figures.ts';
import { formatFigure, plural } from './format.ts';
import { playsFromLists } from './plays-from-lists.ts';
import type { Manifest } from './read-run.ts';

export type Fact = readonly [what: string, value: string];

/** Under what conditions the run was made: what a reader needs to trust or repeat it. */
export function factsOf(figures: Figures): Fact[] {
  const { manifest } = figures;
  const { machine } = manifest;
  const memory = typeof machine.memoryBytes === 'number' ? `${(machine.memoryBytes / 2 ** 30).toPrecision(3)} GiB` : '';
  const cores = typeof machine.cores === 'number' ? plural(machine.cores, 'core') : '';
  const computer = [textOf(machine.cpu), cores, memory].filter((part) => part !== '').join(', ');
  const facts: Fact[] = [
    ['scenario', manifest.scenario.name],
    ['seed', manifest.seed],
    ['worlds', manifest.worlds.join(', ')],
    ['arms', manifest.arms.join(', ')],
    ['bounds', manifest.bounds.join(', ')],
    ['plays from lists', playsFromLists(figures)],
    ['started', manifest.startedAt ?? ''],
    ['took', typeof manifest.seconds === 'number' ? `${formatFigure(manifest.seconds)} s` : ''],
    ['dubplate', manifest.version],
    ['node', textOf(machine.node)],
    ['machine', computer],
    ['kernel', textOf(manifest.kernel)],
    ['threads', textOf(manifest.threads)],
  ];
  return facts.filter(([, value]) => value !== '');
}

/** Digests by their path (`hybrid/7/0 · model`), in the manifest's order. */
export const digestsOf = (manifest: Manifest): Fact[] => flat(manifest.digests, []);

function flat(value: unknown, path: readonly string[]): Fact[] {
  if (typeof value !== 'object' || value === null) return [[path.join(' · '), textOf(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, [...path, key]));
}

const textOf = (value: unknown): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
