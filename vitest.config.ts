import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One less than the cores by default; here most tests wait for child processes.
    maxWorkers: 2,
    reporters: ['default', new SummaryReporter()],
  },
});
