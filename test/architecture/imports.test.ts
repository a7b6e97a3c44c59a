import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadSources, parseSource } from './sources.ts';
import type { Source } from './sources.ts';

/** Parts of the product by where they are; a file belongs to the longest that fits. */
const PARTS = [
  'src/contract/',
  'src/errors.ts',
  'src/log.ts',
  'src/config.ts',
  'src/codec/',
  'src/chains/',
  'src/rounds/',
  'src/rounds/format.ts',
  'src/flags/',
  'src/serve/',
  'src/cli/',
  'src/index.ts',
  'legacy/',
  'loopp/wire/',
  'loopp/host/',
  'loopp/host/bridge/',
  'loopp/plugin/',
  'loopp/provider/',
  'loopp/simulator/',
  'harness/',
  'grafana/',
] as const;
type Part = (typeof PARTS)[number];

/** What every part may import, but they not each other. */
const VOCABULARY: ReadonlySet<Part> = new Set(['src/contract/', 'src/errors.ts', 'src/log.ts']);

/** Who may import whom, besides the vocabulary and itself. */
const ALLOWED: Readonly<Record<Part, readonly Part[]>> = {
  'src/contract/': [],
  'src/errors.ts': [],
  'src/log.ts': [],
  'src/config.ts': [],
  'src/codec/': [],
  'src/chains/': [],
  'src/rounds/': ['src/codec/', 'src/chains/'],
  'src/rounds/format.ts': [],
  'src/flags/': [],
  'src/serve/': ['harness/', 'src/flags/', 'src/rounds/', 'src/rounds/format.ts'],
  'src/cli/': PARTS,
  // What other programs may use.
  'src/index.ts': ['loopp/host/', 'loopp/wire/'],
  'legacy/': ['src/codec/', 'src/chains/'],
  'loopp/wire/': ['src/codec/'],
  // The driver of OCR3 rounds fills the capability's messages.
  'loopp/host/': ['loopp/wire/', 'src/codec/'],
  // An external adapter writes JSON with numbers of any size, and its configuration names chains.
  'loopp/host/bridge/': ['loopp/wire/', 'src/codec/', 'src/chains/'],
  'loopp/plugin/': ['loopp/wire/', 'src/codec/', 'src/chains/'],
  // Delivery makes and reads reports of the Data Feeds Cache.
  'loopp/provider/': ['loopp/wire/', 'src/codec/'],
  'loopp/simulator/': ['loopp/host/', 'src/codec/', 'src/chains/'],
  // The journal holds rounds in the captures' own format.
  'harness/': ['src/codec/', 'src/chains/', 'src/flags/', 'src/rounds/format.ts'],
  // Dashboards ask for the metrics of every command; nothing depends on them.
  'grafana/': ['harness/', 'src/cli/'],
};

const GRAFANA_SDK = [
  'bargauge',
  'cog',
  'common',
  'dashboard',
  'heatmap',
  'prometheus',
  'stat',
  'statetimeline',
  'table',
  'timeseries',
].map((part) => [`@grafana/grafana-foundation-sdk/${part}`, ['grafana/']] as const);

/** Which part may use a package; packages that are not listed may be used by none. */
const PACKAGES: Readonly<Partial<Record<string, readonly Part[]>>> = {
  '@grpc/grpc-js': ['loopp/wire/', 'loopp/host/', 'loopp/plugin/', 'loopp/simulator/', 'loopp/provider/'],
  commander: ['src/cli/'],
  ethers: ['loopp/provider/'],
  'ethers/abi': ['src/codec/'],
  // Oracles of the simulated DON sign reports for EVM chains.
  'ethers/crypto': ['loopp/simulator/'],
  // Arbitraries of rounds; only `fuzz` and `sensitivity` load it.
  'fast-check': ['harness/'],
  'prom-client': ['harness/', 'src/serve/', 'src/cli/'],
  'unleash-client': ['src/flags/'],
  valibot: ['src/flags/', 'src/cli/'],
  yaml: ['src/cli/'],
  ...Object.fromEntries(GRAFANA_SDK),
  prettier: ['grafana/'],
};

function partOf(path: string): Part {
  const fitting = PARTS.filter((part) => path.startsWith(part)).toSorted((a, b) => b.length - a.length);
  const [part] = fitting;
  if (part === undefined) throw new Error(`${path} belongs to no part: add it to the table`);
  return part;
}

function mayImport(from: Part, to: Part): boolean {
  if (from === to || ALLOWED[from].includes(to)) return true;
  return VOCABULARY.has(to) && !VOCABULARY.has(from);
}

const forbiddenImports = (sources: readonly Source[]): readonly string[] =>
  sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ target, isFile }) => isFile && !mayImport(partOf(path), partOf(target)))
      .map(({ target }) => `${path} -> ${target}`),
  );

const forbiddenPackages = (sources: readonly Source[]): readonly string[] =>
  sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ target, isFile }) => !isFile && !target.startsWith('node:'))
      .filter(({ target }) => PACKAGES[target]?.includes(partOf(path)) !== true)
      .map(({ target }) => `${path} -> ${target}`),
  );

/** One cycle as the files on it, or none. */
function cycleIn(sources: readonly Source[]): readonly string[] {
  const files = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const follow = (path: string, trail: readonly string[]): readonly string[] => {
    const at = trail.indexOf(path);
    if (at >= 0) return [...trail.slice(at), path];
    if (done.has(path)) return [];
    for (const { target, isFile } of files.get(path)?.imports ?? []) {
      const cycle = isFile ? follow(target, [...trail, path]) : [];
      if (cycle.length > 0) return cycle;
    }
    done.add(path);
    return [];
  };
  for (const { path } of sources) {
    const cycle = follow(path, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

/** Files and packages that are loaded when a file is. */
function loadedWith(entry: string, sources: readonly Source[]): ReadonlySet<string> {
  const files = new Map(sources.map((source) => [source.path, source]));
  const loaded = new Set<string>();
  const pending = [entry];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (loaded.has(next)) continue;
    loaded.add(next);
    const imports = files.get(next)?.imports ?? [];
    pending.push(...imports.filter(({ when }) => when === 'load').map(({ target }) => target));
  }
  return loaded;
}

const sources = loadSources();

describe('the sources', () => {
  test('import files that are there', () => {
    expect(sources.length).toBeGreaterThan(80);
    const missing = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target, isFile }) => isFile && !existsSync(target))
        .map(({ target }) => [path, target]),
    );
    expect(missing).toEqual([]);
  });

  test('import only whom they may', () => {
    expect(forbiddenImports(sources)).toEqual([]);
  });

  test('use only the packages that they may', () => {
    expect(forbiddenPackages(sources)).toEqual([]);
  });

  test('have no cycles', () => {
    expect(cycleIn(sources)).toEqual([]);
  });

  test('have no default export, no non-null assertion and no any; only src/config.ts reads the environment', () => {
    const breaches = sources.flatMap(({ path, breaches: found }) =>
      found.map((breach) => `${path}: ${breach}`),
    );
    expect(breaches).toEqual(['src/config.ts: process.env']);
  });

  test('reach legacy/ in one line', () => {
    const importers = sources
      .filter(({ path }) => !path.startsWith('legacy/'))
      .flatMap(({ path, imports }) =>
        imports.filter(({ target }) => target.startsWith('legacy/')).map(({ when }) => [path, when]),
      );
    expect(importers).toEqual([['src/cli/legacy.ts', 'call']]);
  });
});

describe('the plugin process', () => {
  test('starts from a file that loads nothing by itself', () => {
    expect([...loadedWith('src/cli/main.ts', sources)]).toEqual(['src/cli/main.ts']);
  });

  test('loads grpc-js and no other package', () => {
    const loaded = [...loadedWith('src/cli/plugin.ts', sources)];
    const packages = loaded.filter((name) => !name.endsWith('.ts') && !name.startsWith('node:'));
    expect(packages).toEqual(['@grpc/grpc-js']);
    expect(loaded).toContain('loopp/plugin/aggregation/aggregate.ts');
  });

  test('that shadows loads prom-client only once it is wanted: a node waits for the handshake', () => {
    const loaded = [...loadedWith('src/cli/plugin-shadow.ts', sources)];
    const packages = loaded.filter((name) => !name.endsWith('.ts') && !name.startsWith('node:'));
    expect(packages).toEqual(['@grpc/grpc-js']);
    expect(loaded).toContain('src/cli/shadow-metrics.ts');
  });

  test('loads neither the host, nor the harness, nor the control', () => {
    const loaded = [...loadedWith('src/cli/plugin.ts', sources)];
    expect(loaded.filter((name) => /^(loopp\/host|harness|legacy)\//.test(name))).toEqual([]);
  });
});

describe('these checks find', () => {
  test.each([
    ['harness/a.ts', `import { x } from '../legacy/lane.ts';`, ['harness/a.ts -> legacy/lane.ts']],
    [
      'harness/a.ts',
      `import type { X } from '../loopp/host/lane.ts';`,
      ['harness/a.ts -> loopp/host/lane.ts'],
    ],
    ['harness/a.ts', `import { x } from '../src/rounds/read.ts';`, ['harness/a.ts -> src/rounds/read.ts']],
    ['harness/a.ts', `import { formatRound } from '../src/rounds/format.ts';`, []],
    ['legacy/a.ts', `export { x } from '../loopp/plugin/log.ts';`, ['legacy/a.ts -> loopp/plugin/log.ts']],
    ['legacy/a.ts', `export * from '../harness/tree.ts';`, ['legacy/a.ts -> harness/tree.ts']],
    ['legacy/a.ts', `await import('../src/config.ts');`, ['legacy/a.ts -> src/config.ts']],
    ['loopp/plugin/a.ts', `import '../host/lane.ts';`, ['loopp/plugin/a.ts -> loopp/host/lane.ts']],
    ['src/contract/a.ts', `import { EXIT } from '../errors.ts';`, ['src/contract/a.ts -> src/errors.ts']],
    ['src/contract/a.ts', `import type { Round } from './round.ts';`, []],
    ['src/codec/a.ts', `import { EXIT } from '../errors.ts';`, []],
    ['src/cli/a.ts', `import { lane } from '../../legacy/lane.ts';`, []],
  ])('imports that may not be: %s %s', (path, text, expected) => {
    expect(forbiddenImports([parseSource(path, text)])).toEqual(expected);
  });

  test.each([
    ['loopp/plugin/a.ts', `import { Interface } from 'ethers';`, ['loopp/plugin/a.ts -> ethers']],
    ['src/codec/a.ts', `const { AbiCoder } = await import('ethers/abi');`, []],
    ['src/codec/a.ts', `const { Wallet } = await import('ethers');`, ['src/codec/a.ts -> ethers']],
    ['loopp/host/a.ts', `import { Server } from '@grpc/grpc-js';`, []],
    ['loopp/host/a.ts', `import '@grpc/grpc-js/build/src';`, ['loopp/host/a.ts -> @grpc/grpc-js/build/src']],
    ['harness/a.ts', `import type { Server } from '@grpc/grpc-js';`, ['harness/a.ts -> @grpc/grpc-js']],
    ['src/cli/a.ts', `import left from 'left-pad';`, ['src/cli/a.ts -> left-pad']],
    ['src/codec/a.ts', `import { hash } from 'node:crypto';`, []],
  ])('packages that may not be: %s %s', (path, text, expected) => {
    expect(forbiddenPackages([parseSource(path, text)])).toEqual(expected);
  });

  test('cycles, also of types', () => {
    const cyclic = [
      parseSource('harness/a.ts', `import { b } from './b.ts';`),
      parseSource('harness/b.ts', `import type { C } from './c.ts';`),
      parseSource('harness/c.ts', `export * from './b.ts';`),
    ];
    expect(cycleIn(cyclic)).toEqual(['harness/b.ts', 'harness/c.ts', 'harness/b.ts']);
    expect(cycleIn(cyclic.slice(0, 2))).toEqual([]);
  });

  test('what is loaded, and not what is only a type or loaded later', () => {
    const entry = parseSource(
      'src/cli/a.ts',
      `import { b } from './b.ts'; import type { T } from 'ethers'; await import('commander');`,
    );
    const next = parseSource(
      'src/cli/b.ts',
      `import { type R, r } from 'prom-client'; export type { S } from './s.ts';`,
    );
    expect([...loadedWith('src/cli/a.ts', [entry, next])]).toEqual([
      'src/cli/a.ts',
      'src/cli/b.ts',
      'prom-client',
    ]);
  });

  test.each([
    ['export default 1;', ['default export']],
    ['const a = 1; export { a as default };', ['default export']],
    [`export { default } from './a.ts';`, ['default export']],
    ['const a = b!;', ['non-null assertion']],
    ['const a = b!.c![0]!;', ['non-null assertion']],
    ['let a: any;', ['any']],
    ['const a = process.env.HOME;', ['process.env']],
    [`const a = process['env']['HOME'];`, ['process.env']],
    ['const a = globalThis.process.env;', ['process.env']],
    ['const { env } = process;', ['process.env']],
    [`import { env } from 'node:process';`, ['process.env']],
    ['const a = process.argv; const b = other.env; export const c = !a;', []],
  ])('%s', (text, expected) => {
    expect(parseSource('src/cli/a.ts', text).breaches).toEqual(expected);
  });

  test('files that belong to no part', () => {
    expect(() => partOf('src/other/a.ts')).toThrow('src/other/a.ts belongs to no part: add it to the table');
  });
});
