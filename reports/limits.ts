import { boundsBasis } from './bound-remarks.ts';
import { testsHearing } from './columns.ts';
import type { Figures } from './figures.ts';
import { worldsOf } from './figures.ts';
import { plural } from './format.ts';

/** What this run cannot tell, each a sentence; computed from what it did and did not do. */
export function limitsOf(figures: Figures): string[] {
  const { families, days, bounds } = figures;
  // Where a dial is swept, its values stand behind the name of the family.
  const mechanisms = [...new Set(families.map((family) => family.replace(/, .*$/, '')))];
  const worlds = Math.min(...families.map((family) => worldsOf(figures, family)));
  const list = testsHearing(figures)
    ? [
        'The tracks are synthesised and their factors planted: what is heard of such tracks need not be heard of records.',
      ]
    : [
        `The listeners are simulated. The figures say what the engine does under the ${
          mechanisms.length === 1 ? 'taste family' : 'taste families'
        } ${mechanisms.join(', ') || 'of the run'}, never what people prefer.`,
      ];
  if (mechanisms.length === 1 && !testsHearing(figures))
    list.push('One family of worlds: another mechanism of taste may reverse the order of the arms.');
  list.push(
    worlds <= 1
      ? 'One world: no interval. Repeat with --worlds to see what chance does.'
      : `${plural(worlds, 'world')} in a family: intervals are of each arm by itself, and no difference is tested.`,
  );
  if (days.length > 0 && days.length < 28) {
    list.push(
      `${plural(days.length, 'measured day')}: slow effects, such as narrowing taste or a library filled by one arm, have no time to show.`,
    );
  }
  if (bounds.length > 0 && !testsHearing(figures)) {
    list.push(
      `${bounds.join(', ')}: ${boundsBasis(figures)}, without feedback of their own; they bound, they do not compete.`,
    );
  }
  list.push('Seconds belong to this machine and this size; capacity at another size is the planner’s question.');
  return list;
}
