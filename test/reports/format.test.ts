import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignPoints, formatFigure, formatInterval, formatSpread, oneLine } from '../../reports/format.ts';

const unitOf: Record<string, number> = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };

/** What a reader takes a figure for. */
function readBack(text: string): number {
  const unit = unitOf[text.slice(-1)];
  return Number((unit ? text.slice(0, -1) : text).replaceAll(',', '')) * (unit ?? 1);
}

describe('formatFigure', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [0.3124, '0.312'],
    [0.00041666, '0.000417'],
    [1, '1.00'],
    [12.34, '12.3'],
    [99.97, '100'],
    [999.7, '1,000'],
    [1234.4, '1,234'],
    [999_999, '1.00M'],
    [999_499, '999,499'],
    [4.1e10, '41.0G'],
    [999_999_999, '1.00G'],
    [480e9, '480G'],
    [2.5e24, '2.50e24'],
    [-0.25, '-0.250'],
  ])('writes %d as %s', (value, text) => {
    expect(formatFigure(value)).toBe(text);
  });

  it('writes a dash for what is not a figure', () => {
    expect([null, undefined, Number.NaN, Number.POSITIVE_INFINITY].map((x) => formatFigure(x))).toEqual([
      '-',
      '-',
      '-',
      '-',
    ]);
  });

  it('stays within half a unit of the third digit of the value', () => {
    const figure = fc.double({ min: 1e-6, max: 1e20, noNaN: true });
    fc.assert(fc.property(figure, (x) => Math.abs(readBack(formatFigure(x)) - x) <= 0.005 * (1 + 1e-9) * x));
  });
});

describe('intervals', () => {
  it('are both ends, or nothing without both', () => {
    expect(formatInterval(0.1, 0.2)).toBe('[0.100, 0.200]');
    expect(formatInterval(null, 0.2)).toBe('');
  });

  it('are half a width beside an even mean, both ends beside an uneven one, and nothing when they have no width', () => {
    expect(formatSpread(0.2, 0.18, 0.22)).toBe('±0.020');
    expect(formatSpread(1500, 1270, 1730)).toBe('±230');
    expect(formatSpread(0.2, 0.19, 0.25)).toBe('[0.190, 0.250]');
    expect(formatSpread(1, 1, 1)).toBe('');
    expect(formatSpread(0.2, null, null)).toBe('');
  });
});

describe('alignPoints', () => {
  it('puts the points of a column below each other at one width and changes nothing else', () => {
    const cell = fc.constantFrom('-', '0', '0.312', '12.3', '1,234', '1.00M', '0.000417', '-0.25');
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 6 }), (cells) => {
        const aligned = alignPoints(cells);
        expect(aligned.map((text) => text.trim())).toEqual(cells);
        expect(new Set(aligned.map((text) => text.length)).size).toBe(1);
        const points = aligned.filter((text) => text.includes('.')).map((text) => text.indexOf('.'));
        expect(new Set(points).size).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('oneLine', () => {
  it('leaves no character that moves a terminal cursor', () => {
    expect(oneLine('a\u001b[2Jb\r\nc\u2028d')).toBe('a [2Jb c d');
  });
});
