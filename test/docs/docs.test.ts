import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** README shows the output of this command under this marker. */
const SHOWN = [
  { marker: 'output of npm start', args: ['run'], exitCode: 0 },
  {
    marker: 'output of the plant',
    args: ['run', '--plant', 'block-plus-one', '--limit', '2'],
    exitCode: 1,
  },
] as const;

const PAGES = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith('.md'),
);

describe('README shows what the commands print', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sms-docs-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(SHOWN)('$marker', ({ marker, args, exitCode }) => {
    const main = join(process.cwd(), 'dist/src/cli/main.js');
    const run = spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });
    expect(run.status).toBe(exitCode);
    expect(withoutChance(shownUnder(marker))).toBe(withoutChance(run.stdout));
  });
});

describe.each(PAGES)('%s', (page) => {
  test('links to files that exist', () => {
    const links = [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)];
    const missing = links
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(join(dirname(page), path)));
    expect(missing).toEqual([]);
  });

  test('says nothing about the place it was written in', () => {
    expect(readFileSync(page, 'utf8')).not.toMatch(/\/work\/|\/root\/|\.\.\/shared|localhost:\d+\/npm/);
  });
});

function shownUnder(marker: string): string {
  const text = readFileSync('README.md', 'utf8');
  const [, shown] = new RegExp(`<!-- ${marker} -->\\n\\n((?:    .*\\n|\\n)*)`).exec(text) ?? [];
  if (shown === undefined) throw new Error(`README.md has no block under <!-- ${marker} -->`);
  return shown.replaceAll(/^ {4}/gm, '');
}

/** Timings, the seed and the folder differ from run to run; every other character must not. */
function withoutChance(text: string): string {
  return text
    .replaceAll(/[+-]?[0-9][0-9,.]* ms/g, 'N ms')
    .replaceAll(/ +N ms/g, ' N ms')
    .replaceAll(/seed \d+/g, 'seed N')
    .replaceAll(/securemint-shadow-out\/\S+?(?=[;\s])/g, 'securemint-shadow-out/TIME')
    .trim();
}
