import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisFor, tickLabel } from '../../reports/page/scale.ts';

const values = fc.array(fc.double({ min: -1e6, max: 1e9, noNaN: true, noDefaultInfinity: true }), {
  minLength: 1,
  maxLength: 20,
});

describe('axisFor', () => {
  it('holds every value between round ticks, two to six of them', () => {
    fc.assert(
      fc.property(values, (list) => {
        const { low, high, ticks } = axisFor(list);
        const dust = 1e-6 * (high - low);
        expect(high).toBeGreaterThan(low);
        expect(low - dust).toBeLessThanOrEqual(Math.min(...list));
        expect(high + dust).toBeGreaterThanOrEqual(Math.max(...list));
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(6);
      }),
    );
  });

  it('starts at 0 unless the values keep to the upper half', () => {
    expect(axisFor([0.02, 0.31]).low).toBe(0);
    expect(axisFor([0.61, 0.63]).low).toBeGreaterThan(0.5);
    expect(axisFor([0.7, 0.7])).toMatchObject({ low: 0, high: 0.75 });
    expect(axisFor([0, 0])).toMatchObject({ low: 0, high: 1 });
    expect(axisFor([])).toMatchObject({ low: 0, high: 1 });
  });
});

describe('tickLabel', () => {
  it('gives the ticks of an axis different labels that say their value', () => {
    const positive = fc.array(fc.double({ min: 1e-4, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(positive, (list) => {
        const axis = axisFor(list);
        fc.pre((axis.ticks[1]! - axis.low) / axis.high > 1e-3);
        const labels = axis.ticks.map((tick) => tickLabel(tick, axis));
        expect(new Set(labels).size).toBe(labels.length);
        labels.forEach((label, i) => {
          const unit = { k: 1e3, M: 1e6, G: 1e9 }[label.slice(-1)] ?? 1;
          expect(Math.abs(Number.parseFloat(label) * unit - axis.ticks[i]!)).toBeLessThan(1e-3 * axis.high);
        });
      }),
    );
  });

  it.each([
    [
      [0, 0.3],
      ['0', '0.1', '0.2', '0.3'],
    ],
    [
      [0, 0.7],
      ['0', '0.25', '0.50', '0.75'],
    ],
    [
      [1144, 1144],
      ['0', '0.5k', '1.0k', '1.5k'],
    ],
  ])('labels %j with %j', (ends, labels) => {
    const axis = axisFor(ends);
    expect(axis.ticks.map((tick) => tickLabel(tick, axis))).toEqual(labels);
  });
});
