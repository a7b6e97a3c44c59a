import * as fc from 'fast-check';
import { recoverAddress } from 'ethers';
import { describe, expect, test } from 'vitest';
import { cacheAt } from '../../loopp/provider/evm/delivery/cache.ts';
import { Deadline } from '../../loopp/provider/evm/delivery/deadline.ts';
import { forwarderAt } from '../../loopp/provider/evm/delivery/forwarder.ts';
import { outcomeReport } from '../../loopp/provider/evm/delivery/outcome-report.ts';
import { encodeReportContext } from '../../loopp/provider/evm/delivery/report-context.ts';
import {
  chooseSignatures,
  onchainKeyring,
  reportDigest,
} from '../../loopp/provider/evm/delivery/signatures.ts';
import type { AttributedOnchainSignature } from '../../loopp/provider/evm/delivery/signatures.ts';
import { Turns } from '../../loopp/provider/evm/delivery/turns.ts';
import { toHex, unhex } from '../helpers/wire.ts';
import { CONFIG_DIGEST, keyringOf, newMetadata } from './don.ts';

const contextHex = (seqNr: bigint): string =>
  toHex(encodeReportContext({ configDigest: CONFIG_DIGEST, seqNr }));

const digestOf = (report: string, seqNr: bigint, byte: number): string =>
  reportDigest(unhex(report), { configDigest: new Uint8Array(32).fill(byte), seqNr });

const signed = (...signers: readonly number[]): readonly AttributedOnchainSignature[] =>
  signers.map((signer, at) => ({ signer, signature: Uint8Array.of(signer, at) }));

describe('the report context', () => {
  test('is the configuration digest, the sequence number where an epoch was, and zeros', () => {
    expect(contextHex(0x0102_0304n)).toBe(`${'d1'.repeat(32)}${'00'.repeat(27)}0102030400${'00'.repeat(32)}`);
  });

  test('has 32 bits of the sequence number', () => {
    expect(contextHex(2n ** 32n + 7n)).toBe(contextHex(7n));
    expect(contextHex(2n ** 64n - 1n)).toContain('ffffffff00');
  });

  test('needs a whole digest', () => {
    expect(() => encodeReportContext({ configDigest: new Uint8Array(31), seqNr: 1n })).toThrow(
      'expected a configuration digest of 32 bytes, got 31 bytes',
    );
  });
});

describe('a keyring', () => {
  // The first development account that every chain tool has.
  const keyring = onchainKeyring('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80');

  test('is known by its address', () => {
    expect(keyring.address).toBe('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266');
  });

  test('signs in 65 bytes that end with 0 or 1, and the signer can be told from them', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (report, seqNr) => {
          const context = { configDigest: CONFIG_DIGEST, seqNr };
          const signature = keyring.sign(report, context);
          expect(signature).toHaveLength(65);
          expect([0, 1]).toContain(signature[64]);
          const yParity = signature[64] === 0 ? 27 : 28;
          const [r, s] = [toHex(signature.subarray(0, 32)), toHex(signature.subarray(32, 64))];
          const signer = recoverAddress(reportDigest(report, context), {
            r: `0x${r}`,
            s: `0x${s}`,
            v: yParity,
          });
          expect(signer).toBe(keyring.address);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('signs report and context, nothing less', () => {
    const all = [digestOf('00', 1n, 1), digestOf('01', 1n, 1), digestOf('00', 2n, 1), digestOf('00', 1n, 2)];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('the signatures for a forwarder', () => {
  test('are f + 1, of the oracles with the lowest numbers', () => {
    expect(chooseSignatures(1, signed(3, 0, 2)).map(([signer]) => signer)).toEqual([0, 2]);
    expect(chooseSignatures(2, signed(3, 0, 2)).map(([signer]) => signer)).toEqual([0, 2, 3]);
  });

  test('one for an oracle, its first', () => {
    expect(chooseSignatures(1, signed(5, 5, 6))).toEqual([Uint8Array.of(5, 0), Uint8Array.of(6, 2)]);
  });

  test.each([
    [1, [4], 'expected signatures of 2 oracles, got 1'],
    [1, [4, 4, 4], 'expected signatures of 2 oracles, got 1'],
    [10, [], 'expected signatures of 11 oracles, got 0'],
  ])('too few: f %i, oracles %j', (f, signers, message) => {
    expect(() => chooseSignatures(f, signed(...signers))).toThrow(message);
  });
});

describe('what cannot become a report', () => {
  test('bytes that are no outcome', async () => {
    const report = outcomeReport('2025-09', newMetadata(), unhex('0a'));
    await expect(report).rejects.toMatchObject({ name: 'DeliveryError', kind: 'report' });
    await expect(report).rejects.toThrow(/^the outcome has no report: /);
  });
});

test.each([
  ['Keystone Forwarder', forwarderAt],
  ['Data Feeds Cache', cacheAt],
])('no address: %s', (name, at) => {
  expect(() => at('0x1234')).toThrow(`expected the address of the ${name}, 20 bytes in hex, got "0x1234"`);
});

describe('a deadline', () => {
  test('hands on what came in time, and how it failed', async () => {
    const deadline = new Deadline(60_000);
    expect(await deadline.race('an answer', () => Promise.resolve(5))).toBe(5);
    await expect(deadline.race('an answer', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  test('ends what is late, and starts nothing afterwards', async () => {
    const deadline = new Deadline(20);
    const late = { kind: 'timeout', message: 'expected an answer within 20 ms, got none' };
    await expect(deadline.race('an answer', () => new Promise(() => undefined))).rejects.toMatchObject(late);
    let started = false;
    const start = (): Promise<void> => {
      started = true;
      return Promise.resolve();
    };
    await expect(deadline.race('an answer', start)).rejects.toMatchObject(late);
    expect(started).toBe(false);
  });
});

describe('turns', () => {
  test('come one after the other, whatever becomes of each', async () => {
    const turns = new Turns(10);
    const said: string[] = [];
    const task = (name: string, fails: boolean) => async (): Promise<string> => {
      said.push(`${name} begins`);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      said.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
    const all = [turns.take(task('a', true)), turns.take(task('b', false)), turns.take(task('c', false))];
    expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(said).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  test('are given to so many, and again once one has ended', async () => {
    const turns = new Turns(1);
    const first = turns.take(() => Promise.resolve(1));
    await expect(turns.take(() => Promise.resolve(2))).rejects.toMatchObject({ kind: 'busy' });
    expect(await first).toBe(1);
    expect(await turns.take(() => Promise.resolve(3))).toBe(3);
  });
});

test('each oracle has a key of its own', () => {
  expect(new Set(Array.from({ length: 31 }, (_, oracle) => keyringOf(oracle).address)).size).toBe(31);
});
