import { describe, expect, test } from 'vitest';
import { onchainKeyring } from '../../../loopp/provider/evm/delivery/signatures.ts';
import { isSignature, newKeyring } from '../../../loopp/simulator/keyring.ts';

const KEY = new Uint8Array(32).fill(0x11);
const REPORT = Buffer.from('{"ConfigDigest":"","SeqNr":41,"Block":40,"Mintable":10}');
const CONTEXT = { configDigest: new Uint8Array(32).fill(0xd1), seqNr: 41n };
const keyring = newKeyring(KEY);

/** The contracts' side of the same signatures, written apart. */
const delivery = onchainKeyring(`0x${Buffer.from(KEY).toString('hex')}`);

describe('a keyring', () => {
  test('has the address that contracts know its key by', () => {
    expect(keyring.address).toBe('0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a');
    expect(keyring.address).toBe(delivery.address.toLowerCase());
  });

  test.each([0n, 41n, 2n ** 32n + 5n])('signs sequence number %s as the forwarder wants it', (seqNr) => {
    const context = { ...CONTEXT, seqNr };
    const signature = keyring.sign(REPORT, context);
    expect(signature).toHaveLength(65);
    expect(Buffer.from(signature)).toEqual(Buffer.from(delivery.sign(REPORT, context)));
    expect(isSignature(signature, keyring.address, REPORT, context)).toBe(true);
  });
});

describe('a signature is none', () => {
  const signature = keyring.sign(REPORT, CONTEXT);
  const judged = (change: {
    readonly signature?: Uint8Array;
    readonly address?: string;
    readonly report?: Uint8Array;
    readonly context?: typeof CONTEXT;
  }): boolean => {
    const { signature: bytes = signature, address = keyring.address } = change;
    const { report = REPORT, context = CONTEXT } = change;
    return isSignature(bytes, address, report, context);
  };

  test('of another report, context or oracle', () => {
    expect(judged({})).toBe(true);
    expect(judged({ report: Buffer.from('{}') })).toBe(false);
    expect(judged({ context: { ...CONTEXT, seqNr: 42n } })).toBe(false);
    expect(judged({ context: { ...CONTEXT, configDigest: new Uint8Array(32) } })).toBe(false);
    expect(judged({ address: newKeyring(new Uint8Array(32).fill(0x12)).address })).toBe(false);
  });

  test.each([
    ['a bit of it is another', signature.map((byte, at) => (at === 7 ? byte ^ 1 : byte))],
    ['it is too short', signature.slice(0, 64)],
    ['it is too long', new Uint8Array(66)],
    ['it is empty', new Uint8Array()],
    ['it is no point of the curve', new Uint8Array(65).fill(0xff)],
  ])('when %s', (_why, bytes) => {
    expect(judged({ signature: bytes })).toBe(false);
  });
});
