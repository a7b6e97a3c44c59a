import { encodeReport, reportAbi } from '../../../src/codec/dfcache.ts';
import type { Value, ValueMap } from '../../../src/codec/values.ts';
import type { Revision } from '../../../src/contract/round.ts';
import type { EncoderOverride } from './encoder-override.ts';
import { metadataOf } from './metadata.ts';

/**
 * Turns an encodable outcome, INTERNAL_METADATA included, into the bytes of a report. Pure. Rejects with
 * `ReportFormatError` or `NoEncoderError` for an outcome that has no report.
 */
export type Encoder = (outcome: ValueMap) => Promise<Uint8Array>;

/** The encoder that the oracles named, or without one the capability's own. Throws `NoEncoderError`. */
export type Encoders = (override: EncoderOverride | undefined) => Encoder;

/** There is no encoder for what is to be reported. */
export class NoEncoderError extends Error {
  override readonly name = 'NoEncoderError';
}

const EVM_ENCODER = 'EVM';
/** Only Solana's outcomes have it (docs/spec/aggregator.md H.6). */
const SOLANA_KEY = 'account_context_hash';

/**
 * The EVM encoder with the revision's ABI, whose reports the Data Feeds Cache takes (docs/spec/aggregator.md H.6).
 * Oracles may name it too; another ABI or encoder is not to be had, nor is one for Solana.
 */
export function dataFeedsEncoders(revision: Revision): Encoders {
  const abi = reportAbi(revision);
  const encode: Encoder = async (outcome) => {
    if (outcome.has(SOLANA_KEY)) throw new NoEncoderError('no encoder for Solana reports');
    return encodeReport(revision, metadataOf(outcome), outcome);
  };
  return (override) => {
    if (override === undefined) return encode;
    const { name, config } = override;
    if (name !== EVM_ENCODER) throw new NoEncoderError(`no encoder named "${name}", expected ${EVM_ENCODER}`);
    const asked = config?.get('abi');
    if (!isText(asked, abi)) throw new NoEncoderError(`encoder ${EVM_ENCODER}: expected the abi "${abi}"`);
    return encode;
  };
}

const isText = (value: Value | undefined, text: string): boolean =>
  value?.kind === 'string' && value.value === text;
