import type { ReportPlus } from '../../src/contract/reporting-plugin.ts';
import type { Dice } from './dice.ts';
import { hasFault } from './faults.ts';
import type { Faults } from './faults.ts';
import { isSignature } from './keyring.ts';
import type { AttributedSignature, Keyring, ReportContext } from './keyring.ts';

/** A report that enough oracles signed. */
export interface AttestedReport extends ReportContext {
  /** Of the chain that it is for. uint64. */
  readonly selector: bigint;
  readonly report: Uint8Array;
  /** In the order in which they came; as many as make the report valid. */
  readonly signatures: readonly AttributedSignature[];
  /** Oracles that transmit it, ascending. */
  readonly transmitters: readonly number[];
}

/** What `attest` makes of the oracles' signatures. */
export interface Attestation {
  /** Undefined: too few oracles signed. */
  readonly signatures: readonly AttributedSignature[] | undefined;
  /** Signatures that were none. */
  readonly refused: number;
}

/** libocr's Byzantine quorum: any two of them have an honest oracle in common. */
export const byzantineQuorum = (n: number, f: number): number => Math.floor((n + f) / 2) + 1;

const SIGNATURE_BYTES = 65;

/**
 * Collects signatures until there is a Byzantine quorum, and checks each that comes. Which comes first moves on from
 * round to round. `signers`: oracles that speak.
 */
export function attest(
  { reportWithInfo: { report } }: ReportPlus,
  context: ReportContext,
  keyrings: readonly Keyring[],
  signers: readonly number[],
  { quorum, faults, dice }: { readonly quorum: number; readonly faults: Faults; readonly dice: Dice },
): Attestation {
  const first = Number(context.seqNr % BigInt(keyrings.length));
  const signatures: AttributedSignature[] = [];
  let refused = 0;
  for (const signer of [...signers.filter((id) => id >= first), ...signers.filter((id) => id < first)]) {
    const keyring = keyrings[signer];
    if (keyring === undefined || signatures.length === quorum) break;
    const signature = hasFault(faults, signer, 'byzantine-bytes')
      ? dice.bytes(SIGNATURE_BYTES, 'signature', context.seqNr, signer)
      : keyring.sign(report, context);
    if (isSignature(signature, keyring.address, report, context)) signatures.push({ signer, signature });
    else refused++;
  }
  return { signatures: signatures.length === quorum ? signatures : undefined, refused };
}
