import { expect, it } from 'vitest';
import { textTable } from '../../scenarios/text-table.ts';

it('lays cells out in columns, figures to the right, under a rule where one is asked for', () => {
  const rows = [
    ['what', 'value', 'unit'],
    ['a', '12', 's'],
    ['longer', '3', ''],
  ];
  expect(textTable(rows)).toBe('what    value  unit\na       12     s\nlonger  3\n');
  expect(textTable(rows, { rule: true, isFigures: (_, i) => i === 1 })).toBe(
    'what    value  unit\n───────────────────\na          12  s\nlonger      3\n',
  );
  expect(textTable([])).toBe('');
});
