import { appendFile, mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseLinesHere } from '../../../src/rounds/parse-lines.ts';
import { Follow } from '../../../src/serve/sources/follow.ts';
import type { FollowOptions } from '../../../src/serve/sources/follow-options.ts';
import type { RoundSource } from '../../../src/serve/sources/source.ts';
import { StandardInput } from '../../../src/serve/sources/standard-input.ts';
import { bundledLines, changed, joined } from '../../helpers/cli.ts';

const [LINE] = bundledLines(1);
/** A line whose round has this id. */
const named = (id: string): string => changed(LINE, { id });
const textOf = (...ids: readonly string[]): string => joined(ids.map(named));

let folder: string;
let collectors: Collector[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'follow-'));
});
afterEach(async () => {
  await Promise.all(collectors.map((collector) => collector.stop()));
  collectors = [];
  await rm(folder, { recursive: true });
});

/** What comes out of a source: ids, and in their place what is no round. */
class Collector {
  readonly got: string[] = [];
  private readonly stopping = new AbortController();
  private readonly done: Promise<void>;

  constructor(source: RoundSource) {
    this.done = this.collect(source);
    // Whoever waits for it sees it.
    this.done.catch(() => undefined);
  }

  async until(...expected: readonly string[]): Promise<void> {
    await vi.waitFor(() => expect(this.got).toEqual(expected), { timeout: 5000, interval: 5 });
  }

  /** Until the source ends by itself. */
  ended(): Promise<void> {
    return this.done;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done.catch(() => undefined);
  }

  private async collect(source: RoundSource): Promise<void> {
    for await (const read of source.rounds(this.stopping.signal)) {
      this.got.push(read.kind === 'round' ? read.round.id : read.error.message.replace(folder, 'FOLDER'));
    }
  }
}

function collect(source: RoundSource): Collector {
  const collector = new Collector(source);
  collectors.push(collector);
  return collector;
}

const at = (name: string): string => join(folder, name);

function follow(name: string, options: Partial<FollowOptions> = {}): Collector {
  const defaults: FollowOptions = {
    from: 'start',
    lineLimitBytes: 100_000,
    parse: parseLinesHere,
    pollIntervalMs: 5,
  };
  return collect(new Follow(at(name), { ...defaults, ...options }));
}

describe('a file', () => {
  test('is read from its start, and on as it grows', async () => {
    await writeFile(at('a.jsonl'), textOf('1', '2'));
    const collector = follow('a.jsonl');
    await collector.until('1', '2');
    await appendFile(at('a.jsonl'), textOf('3'));
    await collector.until('1', '2', '3');
  });

  test('is read from its end when that is wanted', async () => {
    await writeFile(at('a.jsonl'), textOf('1', '2'));
    const collector = follow('a.jsonl', { from: 'end' });
    // Nothing tells when it has looked: what is appended too early may be left out.
    await vi.waitFor(
      async () => {
        await appendFile(at('a.jsonl'), textOf('3'));
        expect(collector.got.length).toBeGreaterThan(0);
      },
      { interval: 20 },
    );
    expect(new Set(collector.got)).toEqual(new Set(['3']));
  });

  test('may come later', async () => {
    const collector = follow('a.jsonl', { from: 'end' });
    // It is there at once, whole.
    await writeFile(at('b'), textOf('1'));
    await rename(at('b'), at('a.jsonl'));
    await collector.until('1');
  });

  test('gives a line once it is whole', async () => {
    const text = textOf('1');
    await writeFile(at('a.jsonl'), text.slice(0, 100));
    const collector = follow('a.jsonl');
    await appendFile(at('a.jsonl'), text.slice(100));
    await collector.until('1');
  });

  test('that another one replaces is read to its end, then the other one from its start', async () => {
    await writeFile(at('a.jsonl'), textOf('1'));
    const collector = follow('a.jsonl');
    await collector.until('1');
    await rename(at('a.jsonl'), at('a.jsonl.1'));
    await appendFile(at('a.jsonl.1'), `${textOf('2')}${named('3')}`);
    await writeFile(at('b'), textOf('4'));
    await rename(at('b'), at('a.jsonl'));
    await collector.until('1', '2', '3', '4');
  });

  test('that becomes shorter is read from its start again', async () => {
    await writeFile(at('a.jsonl'), textOf('1', '2'));
    const collector = follow('a.jsonl');
    await collector.until('1', '2');
    await truncate(at('a.jsonl'), 0);
    await vi.waitFor(async () => {
      await writeFile(at('a.jsonl'), textOf('3'));
      expect(collector.got).toContain('3');
    });
    expect(collector.got.slice(0, 2)).toEqual(['1', '2']);
  });

  test('may hold what is no round', async () => {
    await writeFile(at('a.jsonl'), `${textOf('1')}nonsense\n\n${'x'.repeat(100_001)}\n${textOf('2')}`);
    await follow('a.jsonl').until(
      '1',
      expect.stringMatching(/^FOLDER\/a.jsonl:2: line: expected a JSON object, got invalid JSON/) as string,
      'FOLDER/a.jsonl:4: expected at most 100000 bytes in a line, got more',
      '2',
    );
  });

  test('that is a gzip stream cannot be followed', async () => {
    await writeFile(at('a.jsonl'), gzipSync(textOf('1')));
    await expect(follow('a.jsonl').ended()).rejects.toThrow(
      'expected lines that can be followed, JSON as it is, got a gzip stream',
    );
  });
});

describe('a folder', () => {
  test('is read by name, and on as its captures grow and others come', async () => {
    await mkdir(at('in'));
    await writeFile(at('in/b.jsonl'), textOf('2'));
    await writeFile(at('in/a.jsonl'), textOf('1'));
    await writeFile(at('in/notes.txt'), 'nothing of ours');
    const collector = follow('in');
    await collector.until('1', '2');
    await appendFile(at('in/a.jsonl'), textOf('3'));
    await collector.until('1', '2', '3');
    await writeFile(at('in/c.jsonl.gz'), gzipSync(textOf('4', '5')));
    await collector.until('1', '2', '3', '4', '5');
  });

  test('keeps its place in a file that is renamed', async () => {
    await mkdir(at('in'));
    await writeFile(at('in/a.jsonl'), textOf('1'));
    const collector = follow('in');
    await collector.until('1');
    await rename(at('in/a.jsonl'), at('in/z.jsonl'));
    await appendFile(at('in/z.jsonl'), textOf('2'));
    await collector.until('1', '2');
  });

  test('leaves out what is there when only what comes is wanted', async () => {
    await mkdir(at('in'));
    await writeFile(at('in/a.jsonl'), textOf('1'));
    await writeFile(at('in/a.jsonl.gz'), gzipSync(textOf('2')));
    const collector = follow('in', { from: 'end' });
    await vi.waitFor(
      async () => {
        await appendFile(at('in/a.jsonl'), textOf('3'));
        expect(collector.got.length).toBeGreaterThan(0);
      },
      { interval: 20 },
    );
    expect(new Set(collector.got)).toEqual(new Set(['3']));
  });

  test('goes on after a capture that cannot be read', async () => {
    await mkdir(at('in'));
    await writeFile(at('in/a.jsonl.gz'), gzipSync(textOf('1')).subarray(0, 50));
    await writeFile(at('in/b.jsonl'), gzipSync(textOf('1')));
    await writeFile(at('in/c.jsonl'), textOf('2'));
    const collector = follow('in');
    await vi.waitFor(() => expect(collector.got).toHaveLength(3));
    expect(collector.got.toSorted()).toEqual([
      '2',
      'FOLDER/in/a.jsonl.gz: expected a complete gzip stream, got unexpected end of file',
      'FOLDER/in/b.jsonl: expected lines that can be followed, JSON as it is, got a gzip stream',
    ]);
  });
});

describe('standard input', () => {
  const options = { lineLimitBytes: 100_000, parse: parseLinesHere };

  test('is read to its end, with or without a line feed there', async () => {
    const collector = collect(
      new StandardInput(Readable.from([Buffer.from(`${textOf('1')}${named('2')}`)]), options),
    );
    await collector.ended();
    expect(collector.got).toEqual(['1', '2']);
  });

  test('does not hold up the end', async () => {
    const silent = new Readable({ read: () => undefined });
    silent.push(textOf('1'));
    const collector = collect(new StandardInput(silent, options));
    await collector.until('1');
    await collector.stop();
    await collector.ended();
  });
});
