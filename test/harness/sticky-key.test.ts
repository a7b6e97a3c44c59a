import { describe, expect, test } from 'vitest';
import { stickyKey } from '../../harness/sticky-key.ts';
import { encodeValueMap } from '../../src/codec/values-encode.ts';
import type { Value } from '../../src/codec/values.ts';
import { roundOf } from './fakes.ts';

const text = (value: string): Value => ({ kind: 'string', value });
const DATA_ID = '01c50800000000000000000000000001';

function keyOf(entries: Readonly<Record<string, Value>>): string {
  return stickyKey(roundOf(1, { config: encodeValueMap(new Map(Object.entries(entries))) }));
}

describe('a round is sticky by', () => {
  test('its workflow', () => {
    expect(stickyKey(roundOf(1, { workflow: 'wf' }))).toBe('wf');
  });

  test.each<[string, Readonly<Record<string, Value>>, string]>([
    ['in texts', { targetChainSelector: text('5009'), dataID: text(`0x${DATA_ID}`) }, `5009:${DATA_ID}`],
    [
      'in another spelling',
      { TARGETCHAINSELECTOR: text('005009'), DataId: text(DATA_ID.toUpperCase()) },
      `5009:${DATA_ID}`,
    ],
    [
      'in bytes',
      { targetChainSelector: { kind: 'bytes', value: Buffer.from('5009') }, dataID: text(DATA_ID) },
      `5009:${DATA_ID}`,
    ],
    ['in a number, as in 2025-07', { targetChainSelector: { kind: 'int64', value: 5009n } }, '5009:'],
    ['in no number', { targetChainSelector: text('x'), dataID: text('y') }, 'x:y'],
    ['of a kind that nobody takes', { targetChainSelector: { kind: 'bool', value: true } }, ':'],
    ['that are not there', { other: text('x') }, 'unknown'],
  ])('selector and data id %s', (_, entries, expected) => {
    expect(keyOf(entries)).toBe(expected);
  });

  test('nothing of its own when its configuration is none', () => {
    expect(stickyKey(roundOf(1, { workflow: '', config: Uint8Array.of(0xff) }))).toBe('unknown');
  });

  test('the digest of a key that is too long', () => {
    const key = stickyKey(roundOf(1, { workflow: 'x'.repeat(1e6) }));
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(stickyKey(roundOf(2, { workflow: 'x'.repeat(1e6) }))).toBe(key);
    expect(stickyKey(roundOf(1, { workflow: 'x'.repeat(256) }))).toBe('x'.repeat(256));
  });
});
