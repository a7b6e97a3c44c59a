import type { Value, ValueMap } from '../../src/codec/values.ts';
import type { AttestedReport } from './attestation.ts';
import type { AttributedSignature } from './keyring.ts';
import type { RevisionRules } from './revisions.ts';

/** What the node's transmitter makes of an attested report (docs/spec/aggregator.md G.2). */
export interface TriggerEvent {
  /** The same for every chain of a round of OCR. */
  readonly id: string;
  /** Of the chain that the report is for. uint64. */
  readonly selector: bigint;
  readonly attested: AttestedReport;
  readonly outputs: ValueMap;
}

export function triggerEvent(attested: AttestedReport, { uint64 }: RevisionRules): TriggerEvent {
  const { selector, seqNr, configDigest, report, signatures } = attested;
  return {
    id: eventId(seqNr),
    selector,
    attested,
    outputs: new Map<string, Value>([
      ['report', { kind: 'bytes', value: reportWithInfo(report, selector) }],
      ['sigs', { kind: 'list', items: signatures.map(signatureValue) }],
      ['seqNr', uint64(seqNr)],
      ['configDigest', { kind: 'bytes', value: configDigest }],
    ]),
  };
}

/** The node counts rounds of OCR in it, and nothing else. */
export const eventId = (seqNr: bigint): string => `securemint_${String(seqNr)}`;

/** The JSON that the transmitter wraps a report into. */
export const reportWithInfo = (report: Uint8Array, selector: bigint): Uint8Array =>
  Buffer.from(`{"Report":"${Buffer.from(report).toString('base64')}","Info":${String(selector)}}`);

const signatureValue = ({ signer, signature }: AttributedSignature): Value => ({
  kind: 'map',
  entries: new Map<string, Value>([
    ['Signer', { kind: 'int64', value: BigInt(signer) }],
    ['Signature', { kind: 'bytes', value: signature }],
  ]),
});
