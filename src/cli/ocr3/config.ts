import type { DonConfig } from '../../../loopp/host/ocr3-don.ts';
import { configFromFactory } from '../../../loopp/plugin/aggregation/aggregate.ts';
import { readLimits } from '../../../loopp/plugin/ocr3/limits.ts';
import type { SecureMintConfig } from '../../../loopp/wire/messages.ts';
import { outcomeContext, submissionOf } from '../../../loopp/wire/submission.ts';
import type { Submission } from '../../../loopp/wire/submission.ts';
import { Observations } from '../../codec/capability.ts';
import { ProtobufError } from '../../codec/protobuf.ts';
import { encodeValueMap } from '../../codec/values-encode.ts';
import { decodeValueMap } from '../../codec/values.ts';
import type { Value, ValueMap } from '../../codec/values.ts';
import type { Round } from '../../contract/round.ts';

/** libocr takes no more oracles. */
const MAX_ORACLES = 31;
/** Of the capability whose offchain config sets no limit. */
const MAX_OBSERVATION_BYTES = readLimits(new Uint8Array()).maxObservationLengthBytes;
/** At most. */
const TIMESTAMP_BYTES = 32;

/** The round is none that a DON could have held; the message says why. */
export class NoOcr3RoundError extends Error {
  override readonly name = 'NoOcr3RoundError';
}

/**
 * The DON that can hold the round: 3f+1 oracles, or as many as it takes to have all that speak in it. Throws
 * `NoOcr3RoundError`.
 */
export function donConfigOf(round: Round): DonConfig {
  const highest = round.observations.at(-1)?.oracle ?? 0;
  const n = Math.max(3 * round.f + 1, highest + 1);
  if (n > MAX_ORACLES) throw new NoOcr3RoundError(`it takes more than ${String(MAX_ORACLES)} oracles`);
  try {
    outcomeContext(round);
    if (round.observations.some((observations) => isTooLong(submissionOf(round, observations)))) {
      throw new NoOcr3RoundError(`an observation takes more than ${String(MAX_OBSERVATION_BYTES)} bytes`);
    }
    return { aggregator: factoryConfig(round), n, f: round.f };
  } catch (error) {
    if (error instanceof ProtobufError) throw new NoOcr3RoundError('its bytes are not protobuf');
    throw error;
  }
}

/** Oracles leave out what makes an observation too long, together with their time. */
function isTooLong({ id, observations }: Submission): boolean {
  const entry = { id, observations, overriddenEncoderName: '', overriddenEncoderConfig: undefined };
  return Observations.encode({ observations: [entry] }).length > MAX_OBSERVATION_BYTES - TIMESTAMP_BYTES;
}

/** `NewSecureMintFactory` takes a selector and a data id; an aggregator config may hold anything. */
function factoryConfig(round: Round): SecureMintConfig {
  const config = decodeValueMap(round.config);
  const targetChainSelector = selectorOf(config.get('targetChainSelector'));
  const dataId = config.get('dataID');
  const factory = {
    targetChainSelector,
    dataId: dataId?.kind === 'string' ? dataId.value : '',
    revision: round.revision,
  };
  if (isSameConfig(configFromFactory(factory).config, config)) return factory;
  throw new NoOcr3RoundError('its aggregator config is none that a factory takes');
}

/** 0 for what is no selector: the comparison of the whole config finds it. */
function selectorOf(value: Value | undefined): bigint {
  if (value?.kind === 'int64') return value.value;
  const isNumber = value?.kind === 'string' && /^[0-9]+$/.test(value.value);
  return isNumber ? BigInt.asIntN(64, BigInt(value.value)) : 0n;
}

const isSameConfig = (bytes: Uint8Array, config: ValueMap): boolean =>
  Buffer.compare(bytes, encodeValueMap(config)) === 0;
