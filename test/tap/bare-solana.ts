import { chainFamily } from '../../src/chains/selectors.ts';
import { decodeValue, decodeValueMap } from '../../src/codec/values.ts';
import type { Value } from '../../src/codec/values.ts';
import { encodeValue, encodeValueMap } from '../../src/codec/values-encode.ts';
import type { Round } from '../../src/contract/round.ts';

/**
 * A round for a Solana chain as chainlink-common v0.9.4 has it: bare events, and the accounts in the configuration, of
 * which the round's oracles must all have reported the same. Undefined for other chains.
 */
export function bareSolana(round: Round): Round | undefined {
  const config = decodeValueMap(round.config);
  const selector = config.get('targetChainSelector');
  if (selector?.kind !== 'string' || chainFamily(BigInt(selector.value)) !== 'solana') return undefined;
  const wrappers = round.observations.map(({ values }) =>
    values.map((bytes) => membersOf(decodeValue(bytes))),
  );
  const accounts = new Set(
    wrappers.flat().map(({ solana }) => Buffer.from(encodeValue(solana)).toString('base64')),
  );
  const [only, ...others] = accounts;
  if (only === undefined || others.length > 0) return undefined;
  const solana: Value = {
    kind: 'map',
    entries: new Map([['remaining_accounts', decodeValue(Buffer.from(only, 'base64'))]]),
  };
  return {
    ...round,
    config: encodeValueMap(new Map([...config, ['solana', solana]])),
    observations: round.observations.map(({ oracle }, index) => ({
      oracle,
      values: (wrappers[index] ?? []).map(({ event }) => encodeValue(event)),
    })),
  };
}

interface Members {
  readonly event: Value;
  readonly solana: Value;
}

const NIL: Value = { kind: 'nil' };

function membersOf(wrapper: Value): Members {
  const entries = wrapper.kind === 'map' ? wrapper.entries : new Map<string, Value>();
  return { event: entries.get('event') ?? NIL, solana: entries.get('solana') ?? NIL };
}
