import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommandLine, until } from '../helpers/cli.ts';
import { everything } from '../helpers/real/parts.ts';
import { build, stepsOf } from './dockerfile.ts';
import type { Built } from './dockerfile.ts';

const BUILD_MS = 240_000;

const steps = stepsOf(readFileSync('Dockerfile', 'utf8'));

describe('the Dockerfile', () => {
  test('is for one pinned version of Node.js that the package allows', () => {
    const images = steps
      .filter(({ verb }) => verb === 'FROM')
      .map(({ rest }) => rest.replace(/ AS \w+$/, ''));
    expect(new Set(images)).toEqual(new Set(['node:20.20.2-bookworm-slim']));
    expect(readFileSync('package.json', 'utf8')).toContain('"node": ">=20.19"');
  });

  test('copies what is there', () => {
    const copied = steps.filter(({ verb, rest }) => verb === 'COPY' && !rest.startsWith('--from'));
    const missing = copied
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1))
      .filter((path) => !existsSync(path));
    expect(missing).toEqual([]);
  });

  test('does not run as root', () => {
    expect(steps.findLast(({ verb }) => verb === 'USER')?.rest).toBe('node');
  });
});

// It installs the dependencies anew.
describe.skipIf(!everything)('its steps, in a folder in place of an image', () => {
  let folder: string;
  let cli: CommandLine;
  let built: Built;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dockerfile-'));
    cli = await CommandLine.open();
    built = await build(steps, folder);
  }, BUILD_MS);
  afterAll(async () => {
    await cli.close();
    await rm(folder, { recursive: true });
  });

  test('leave the product and its own dependencies', () => {
    const app = join(built.root, built.workdir);
    expect(readdirSync(app).toSorted()).toEqual(['dist', 'examples', 'node_modules', 'package.json']);
    const packages = readdirSync(join(app, 'node_modules'));
    expect(packages).toContain('prom-client');
    expect(packages).not.toContain('vitest');
    expect(packages).not.toContain('typescript');
  });

  test('make a service that answers, and ends when it is told to', async () => {
    const [program = '', main = '', ...args] = built.command;
    const running = cli.start(args, {
      program: [program, join(built.root, built.workdir, main)],
      env: {
        ...built.env,
        SECUREMINT_SHADOW_JOURNAL: join(built.root, 'data'),
        SECUREMINT_SHADOW_HTTP_HOST: '127.0.0.1',
        SECUREMINT_SHADOW_HTTP_PORT: '0',
      },
    });
    const url = await until('the service', () => /serving on (http:[^\s:]+:\d+)/.exec(running.stderr)?.[1]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    running.child.kill('SIGTERM');
    await running.ended;
    expect(readdirSync(join(built.root, 'data'))).not.toEqual([]);
  });
});
