import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { packageFile } from '../src/cli/version.ts';
import type { Measurement } from './measurement.ts';
import { meanRatio } from './paired.ts';
import { runProgram } from './program.ts';
import { digits } from './units.ts';

const REPETITIONS = 3;
/** What a checkout does not hold. */
const NOT_COPIED = new Set([
  '.git',
  'node_modules',
  'dist',
  'dist-bench',
  'coverage',
  'securemint-shadow-out',
]);

export const start: Measurement = {
  goals: [
    {
      name: 'npm-start',
      compared: '`npm start` in a fresh copy after `npm ci`, whole process, seconds',
      unit: 's',
      limit: 'at most',
      target: 15,
    },
  ],
  needsGo: false,
  measure: async ({ folder, progress }) => {
    const seconds: number[] = [];
    for (let repetition = 1; repetition <= REPETITIONS; repetition++) {
      progress(`npm ci and npm start, ${String(repetition)} of ${String(REPETITIONS)}`);
      seconds.push(await measureOnce(join(folder, `copy-${String(repetition)}`)));
    }
    const estimate = meanRatio(seconds.map((took) => [took, 1] as const));
    return [{ ...estimate, detail: `${seconds.map(digits).join(', ')} s` }];
  },
};

async function measureOnce(copy: string): Promise<number> {
  const source = packageFile('.');
  await cp(source, copy, {
    recursive: true,
    filter: (path) => !NOT_COPIED.has(basename(path)),
  });
  await runProgram('npm', ['ci', '--no-audit', '--no-fund'], copy);
  const { ns } = await runProgram('npm', ['start'], copy);
  return ns / 1e9;
}
