import { describe, expect, test } from 'vitest';
import { ChainLabels } from '../../harness/chain-labels.ts';
import { encodeValueMap } from '../../src/codec/values-encode.ts';
import type { Value } from '../../src/codec/values.ts';

const config = (selector: string, more: readonly string[] = []): Uint8Array =>
  encodeValueMap(
    new Map<string, Value>([
      ['targetChainSelector', { kind: 'string', value: selector }],
      ...more.map((key): [string, Value] => [key, { kind: 'bool', value: true }]),
    ]),
  );

const ETHEREUM = '5009297550715157269';
const SOLANA = '124615329519749607';

describe('the chain of a round as a label', () => {
  test('is its name', () => {
    const chains = new ChainLabels();
    expect([ETHEREUM, SOLANA, ETHEREUM].map((selector) => chains.of(config(selector)))).toEqual([
      'ethereum-mainnet',
      'solana-mainnet',
      'ethereum-mainnet',
    ]);
  });

  test.each([
    ['a selector nobody knows', config('7')],
    ['a text that is no selector', config('ethereum-mainnet"} 1\nup 0\n#')],
    ['no selector', encodeValueMap(new Map())],
    ['no protobuf', Uint8Array.of(0xff)],
    ['nothing', new Uint8Array()],
  ])('is other for %s', (_, bytes) => {
    expect(new ChainLabels().of(bytes)).toBe('other');
  });

  test('is other once there are as many chains as may be; those stay', () => {
    const chains = new ChainLabels(1);
    expect([ETHEREUM, SOLANA, ETHEREUM].map((selector) => chains.of(config(selector)))).toEqual([
      'ethereum-mainnet',
      'other',
      'ethereum-mainnet',
    ]);
  });

  test('does not depend on what else the configuration says, nor on how many there are', () => {
    const chains = new ChainLabels();
    const labels = Array.from({ length: 2100 }, (_, index) =>
      chains.of(config(ETHEREUM, [`key${String(index)}`])),
    );
    expect(new Set(labels)).toEqual(new Set(['ethereum-mainnet']));
  });
});
