import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PluginLogReader } from '../../../loopp/host/plugin-log.ts';
import { configureSeed } from '../../helpers/seed.ts';

configureSeed();

type Entry = readonly [level: string, message: string, fields: unknown];

/** What is logged when a plugin writes these pieces and ends. */
function logged(...pieces: readonly string[]): readonly Entry[] {
  const entries: Entry[] = [];
  const reader = new PluginLogReader((level, message, fields = {}) => entries.push([level, message, fields]));
  for (const piece of pieces) reader.add(piece);
  reader.end();
  return entries;
}

const TIME = '2026-03-01T12:00:00.123456Z';
const json = (members: Readonly<Record<string, unknown>>): string => JSON.stringify(members);

describe('a JSON line', () => {
  test.each([
    ['trace', 'debug'],
    ['debug', 'debug'],
    ['info', 'info'],
    ['warn', 'warn'],
    ['error', 'error'],
    [' WARN ', 'warn'],
    ['fatal', 'error'],
    ['critical', 'error'],
    ['dpanic', 'error'],
    ['panic', 'error'],
  ])('of level %j is logged at %s, with its fields', (level, as) => {
    const line = json({
      '@level': level,
      '@timestamp': TIME,
      '@message': 'hello',
      logger: 'X',
      n: 3,
      deep: { a: [1] },
    });
    expect(logged(`${line}\n`)).toEqual([
      [as, 'hello', { logger: 'X', n: 3, deep: '{"a":[1]}', timestamp: TIME }],
    ]);
  });

  test('needs neither message nor time', () => {
    expect(logged('{"@level":"info","a":null}\r\n')).toEqual([['info', '', { a: 'null' }]]);
  });

  test.each([
    ['a level that is a number', { '@level': 30, '@message': 'm' }],
    ['a message that is an object', { '@level': 'info', '@message': {} }],
    ['a time that is a number', { '@level': 'info', '@message': 'm', '@timestamp': 1 }],
    ['a level that is null', { '@level': null, '@message': 'm' }],
    [
      'three digits of a second',
      { '@level': 'info', '@message': 'm', '@timestamp': '2026-03-01T12:00:00.123Z' },
    ],
    ['no level', { '@message': 'm' }],
    ['a level nobody knows', { '@level': 'loud', '@message': 'm' }],
  ])('with %s is shown as it is, at debug', (_, members) => {
    expect(logged(`${json(members)}\n`)).toEqual([['debug', json(members), {}]]);
  });

  test.each(['[1]', '"text"', 'null', '{"@level":"info"', '{} x', '{'])('that is none: %s', (line) => {
    expect(logged(line)).toEqual([['debug', line, {}]]);
  });

  test('as deep as a line can be', () => {
    const line = `{"@level":"info","a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    const [entry] = logged(`${line}\n`);
    expect([
      ['info', ''],
      ['debug', line],
    ]).toContainEqual(entry?.slice(0, 2));
  });

  test('with a field called __proto__ changes nothing but its own entry', () => {
    expect(logged('{"@level":"info","__proto__":{"polluted":"yes"}}')).toHaveLength(1);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('any other line', () => {
  test.each([
    ['[TRACE] x', 'debug'],
    ['[DEBUG] x', 'debug'],
    ['[INFO] x', 'info'],
    ['[WARN] x', 'warn'],
    ['[ERROR] x', 'error'],
    ['[ERR] x', 'debug'],
    [' [INFO] x', 'debug'],
    ['could not read plugin.toml', 'debug'],
  ])('%j is logged at %s, as it is', (line, level) => {
    expect(logged(`${line}\n`)).toEqual([[level, line, {}]]);
  });

  test.each(['panic: runtime error', 'fatal error: all goroutines are asleep'])(
    'from "%s" on, all that has no level of its own is an error',
    (line) => {
      const after = [
        '',
        'goroutine 1 [running]:',
        '[INFO] still here',
        json({ '@level': 'debug', '@message': 'x' }),
        'end',
      ];
      expect(
        logged(['before', line, ...after].join('\n')).map(([level, message]) => [level, message]),
      ).toEqual([
        ['debug', 'before'],
        ['error', line],
        ['error', 'goroutine 1 [running]:'],
        ['info', '[INFO] still here'],
        ['debug', 'x'],
        ['error', 'end'],
      ]);
    },
  );
});

describe('lines', () => {
  test('may come in any pieces', () => {
    const text = `${json({ '@level': 'warn', '@message': 'a' })}\n[INFO] b\n\nc`;
    fc.assert(
      fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        expect(logged(...pieces)).toEqual(logged(text));
      }),
    );
    expect(logged(text).map(([level]) => level)).toEqual(['warn', 'info', 'debug']);
  });

  test('longer than 64 KiB come in pieces at debug, whatever is in them; the next line is read again', () => {
    const long = `{"@level":"error","a":"${'x'.repeat(200_000)}"}`;
    for (const text of [
      [`${long}\n[WARN] next\n`],
      [long, '\n', '[WARN] next\n'],
      [...(`${long}\n`.match(/.{1,7}|\n/g) ?? []), '[WARN] next'],
    ]) {
      const entries = logged(...text);
      const pieces = entries.filter(([level]) => level === 'debug').map(([, message]) => message);
      expect(pieces.join('')).toBe(long);
      expect(pieces.map((piece) => piece.length > 65_536)).not.toContain(true);
      expect(entries.at(-1)).toEqual(['warn', '[WARN] next', {}]);
      expect(entries).toHaveLength(pieces.length + 1);
    }
  });

  test('without an end take no more memory than one piece', () => {
    let longest = 0;
    let total = 0;
    const reader = new PluginLogReader((_, message) => {
      longest = Math.max(longest, message.length);
      total += message.length;
    });
    const chunk = 'y'.repeat(1 << 16);
    for (let written = 0; written < 100 << 20; written += chunk.length) reader.add(chunk);
    reader.end();
    expect([longest, total]).toEqual([1 << 16, 100 << 20]);
  });
});
