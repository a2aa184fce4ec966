import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../engine/core/digest.ts';
import { columnNames, type EventColumns } from '../../engine/core/events.ts';
import { createCrowd } from '../../sim/crowd.ts';
import { familyNames, worldOptionsSchema } from '../../sim/options.ts';
import { createWorld } from '../../sim/world.ts';
import { simulateDay } from '../sim/support.ts';

/** SHA-256 of the log by family. Frozen is not proven: a change here is explained in the commit (`Results change: …`). */
const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'past.json'), 'utf8')) as Record<string, string>;

describe('the log of a small world', () => {
  it.each(familyNames)('is what it was, to the byte: %s', (family) => {
    const options = worldOptionsSchema.parse({ tracks: 100, releasesPerDay: 4, cohorts: { all: { listeners: 50 } } });
    const world = createWorld(options, { seed: 'golden', family, historyDays: 7, days: 1 });
    const crowd = createCrowd(world);
    const days = Array.from(
      { length: 7 },
      (_, i) => simulateDay(world, crowd, i - 7, 'organic').next().value as EventColumns,
    );
    expect(digestOf(...days.flatMap((events) => columnNames.map((name) => events[name])))).toBe(golden[family]);
  });
});
