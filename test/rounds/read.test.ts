import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRounds } from '../../src/rounds/read.ts';
import { SELECTORS, evmConfig, observation } from '../helpers/arbitraries.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rounds-'));
});
afterAll(() => rm(folder, { recursive: true }));

const line = (id: string): string =>
  JSON.stringify({
    id,
    revision: '2025-09',
    f: 1,
    config: Buffer.from(evmConfig(SELECTORS.ethereum)).toString('base64'),
    previousOutcome: null,
    observations: { '0': [Buffer.from(observation('2025-09')).toString('base64')] },
  });

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** `id at line` of each round, the message of each complaint. */
async function read(
  files: readonly string[],
  stdin: Readable = Readable.from([]),
): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const result of readRounds(files, stdin)) {
    seen.push(
      result.kind === 'bad' ? result.error.message : `${result.round.id} at ${String(result.source.line)}`,
    );
  }
  return seen;
}

/** Standard input that delivers `bytes` in pieces of `size`. */
function piped(bytes: Uint8Array, size: number): Readable {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  return Readable.from(pieces);
}

describe('lines', () => {
  test.each([
    ['line feeds', `${line('a')}\n${line('b')}\n`],
    ['no line feed at the end', `${line('a')}\n${line('b')}`],
    ['carriage returns', `${line('a')}\r\n${line('b')}\r\n`],
  ])('%s', async (name, content) => {
    expect(await read([await fileOf(name, content)])).toEqual(['a at 1', 'b at 2']);
  });

  test('that are empty are counted and skipped', async () => {
    expect(await read([await fileOf('gaps', `\n${line('a')}\n\r\n  \n${line('b')}\n\n`)])).toEqual([
      'a at 2',
      'b at 5',
    ]);
  });

  test.each([1, 2, 3, 7, 100_000])('in chunks of %d bytes are the same lines', async (size) => {
    const content = Buffer.from(`${line('é')}\n${line('b')}\n`);
    expect(await read(['-'], piped(content, size))).toEqual(['é at 1', 'b at 2']);
    expect(await read(['-'], piped(gzipSync(content), size))).toEqual(['é at 1', 'b at 2']);
  });

  test('longer than a chunk of a file are whole', async () => {
    const long = JSON.stringify({ ...JSON.parse(line('long')), note: 'n'.repeat(300_000) });
    const rounds: number[] = [];
    for await (const result of readRounds([await fileOf('long', `${long}\n${long}\n`)], Readable.from([]))) {
      if (result.kind === 'round') rounds.push(result.round.note?.length ?? 0);
    }
    expect(rounds).toEqual([300_000, 300_000]);
  });

  test('a bad one is reported in its place and reading goes on', async () => {
    const bad = JSON.stringify({ ...JSON.parse(line('x')), f: -1 });
    const path = await fileOf('bad', `${line('a')}\n${bad}\n{}\n${line('b')}\n`);
    expect(await read([path])).toEqual([
      'a at 1',
      `${path}:2: f: expected a whole number, 0 or more, got -1`,
      `${path}:3: revision: expected one of 2025-07, 2025-09, got nothing`,
      'b at 4',
    ]);
  });
});

describe('gzip', () => {
  test('is told by its first bytes, not by the name of the file', async () => {
    const content = `${line('a')}\n`;
    expect(await read([await fileOf('zipped.jsonl', gzipSync(content))])).toEqual(['a at 1']);
    expect(await read([await fileOf('plain.jsonl.gz', content)])).toEqual(['a at 1']);
  });

  test('of several members is one capture', async () => {
    const members = [gzipSync(`${line('a')}\n${line('b')}`), gzipSync(`\n${line('c')}\n`)];
    expect(await read([await fileOf('members', Buffer.concat(members))])).toEqual([
      'a at 1',
      'b at 2',
      'c at 3',
    ]);
  });

  test('that stops is reported behind the rounds that came before', async () => {
    const incompressible = Array.from({ length: 50 }, (_, index) => `${line(`r${String(index)}`)}\n`).join(
      '',
    );
    const whole = gzipSync(incompressible, { level: 0 });
    const path = await fileOf('truncated', whole.subarray(0, -40));
    const seen = await read([path]);
    expect(seen.length).toBe(50);
    expect(seen.at(-1)).toBe(
      `${path}: expected a complete gzip stream, got unexpected end of file after line 49`,
    );
    expect(seen[0]).toBe('r0 at 1');
  });

  test('with wrong content is reported', async () => {
    const path = await fileOf(
      'corrupt',
      Buffer.concat([gzipSync('x').subarray(0, 10), Buffer.alloc(20, 0xff)]),
    );
    expect(await read([path])).toEqual([
      `${path}: expected a complete gzip stream, got invalid block type after line 0`,
    ]);
  });

  test('of nothing is an empty file', async () => {
    const path = await fileOf('zipped-nothing', gzipSync(''));
    expect(await read([path])).toEqual([
      `${path}: expected rounds, one JSON object a line, got an empty file`,
    ]);
  });
});

describe('files', () => {
  test('that are missing, empty or folders are reported, and the next is read', async () => {
    const missing = join(folder, 'missing');
    const empty = await fileOf('empty', '');
    const blank = await fileOf('blank', '\n \n');
    const good = await fileOf('good', line('a'));
    expect(await read([missing, empty, blank, folder, good])).toEqual([
      `${missing}: expected a capture file, got no such file`,
      `${empty}: expected rounds, one JSON object a line, got an empty file`,
      `${blank}: expected rounds, one JSON object a line, got an empty file`,
      `${folder}: expected a capture file, got a folder`,
      'a at 1',
    ]);
  });

  test('and standard input are read in order', async () => {
    const first = await fileOf('first', line('a'));
    expect(await read([first, '-'], Readable.from([Buffer.from(line('b'))]))).toEqual(['a at 1', 'b at 1']);
  });

  test('standard input is called so', async () => {
    expect(await read(['-'], Readable.from([Buffer.from('{}')]))).toEqual([
      'standard input:1: revision: expected one of 2025-07, 2025-09, got nothing',
    ]);
    expect(await read(['-'])).toEqual([
      'standard input: expected rounds, one JSON object a line, got an empty file',
    ]);
  });

  test('every complaint is about input', async () => {
    for await (const result of readRounds([join(folder, 'missing')], Readable.from([]))) {
      expect(result.kind === 'bad' && [result.error.code, result.error.exitCode]).toEqual(['INPUT', 2]);
    }
  });

  test('are closed when reading stops early', async () => {
    for (const bytes of [Buffer.from(`${line('a')}\n`.repeat(10)), gzipSync(`${line('a')}\n`.repeat(10))]) {
      const stdin = piped(bytes, 1000);
      for await (const result of readRounds(['-'], stdin)) {
        expect(result.kind).toBe('round');
        break;
      }
      await new Promise(setImmediate);
      expect(stdin.destroyed).toBe(true);
    }
  });
});

describe('the bundled capture', () => {
  test('is read whole, zipped or not', async () => {
    const zipped = 'examples/don-2025-09.jsonl.gz';
    const plain = await fileOf('plain', gunzipSync(await readFile(zipped)));
    const seen = await read([zipped]);
    expect(seen.length).toBe(1200);
    expect(await read([plain])).toEqual(seen);
  });
});
