import { expect, test } from 'vitest';
import { targetChain } from '../../harness/target-chain.ts';
import { encodeValueMap } from '../../src/codec/values-encode.ts';
import type { Value } from '../../src/codec/values.ts';

const config = (key: string, value: Value): Uint8Array => encodeValueMap(new Map([[key, value]]));

test.each<[string, Uint8Array, string]>([
  [
    'a decimal text',
    config('targetChainSelector', { kind: 'string', value: '5009297550715157269' }),
    'ethereum-mainnet',
  ],
  [
    'a number',
    config('TargetChainSelector', { kind: 'int64', value: 124615329519749607n }),
    'solana-mainnet',
  ],
  [
    'a selector nobody knows',
    config('targetChainSelector', { kind: 'string', value: '7' }),
    'chain selector 7',
  ],
  ['no number', config('targetChainSelector', { kind: 'string', value: 'x' }), ''],
  ['no selector', config('other', { kind: 'bool', value: true }), ''],
  ['no protobuf', Uint8Array.of(0xff), ''],
])('%s', (_, bytes, chain) => {
  expect(targetChain(bytes)).toBe(chain);
});
