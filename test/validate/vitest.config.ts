import { defineConfig } from 'vitest/config';

/** Long validations, minutes to an hour: `npm run validate`. One file at a time, so that times mean something. */
export default defineConfig({
  test: {
    include: ['test/validate/**/*.test.ts'],
    reporters: ['verbose', './test/support/closing-line.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
    maxWorkers: 1,
  },
});
