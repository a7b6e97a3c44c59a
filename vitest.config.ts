import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One less than the cores by default; here most tests wait for child processes, or for a time-out.
    maxWorkers: 3,
    // Modules are loaded once a worker: importing them anew for every file took a third of the time.
    isolate: false,
    reporters: ['default', new SummaryReporter()],
  },
});
