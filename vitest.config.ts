import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'test/validate/**', 'node_modules/**'],
    reporters: ['default', './test/support/closing-line.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The cores belong to ONNX Runtime and the engine: two files at a time keep the suite quick without a crowd.
    maxWorkers: 2,
  },
});
