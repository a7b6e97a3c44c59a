import { porFactory } from '../../../../loopp/plugin/por/factory.ts';
import { encodeObservation, encodeOutcome } from '../../../../loopp/plugin/por/messages.ts';
import type { Observation } from '../../../../loopp/plugin/por/messages.ts';
import type {
  BlockMintablePair,
  Blocks,
  ExternalAdapter,
  ExternalAdapterPayload,
  Mintables,
} from '../../../../src/contract/external-adapter.ts';
import type {
  AttributedObservation,
  OutcomeContext,
  ReportingPlugin,
  ReportingPluginConfig,
} from '../../../../src/contract/reporting-plugin.ts';
import type { LatestTransmissionReader } from '../../../../src/contract/transmission.ts';
import { PROTOCOL_CONFIG } from '../ocr3/builders.ts';

/** The chains of docs/spec/por-plugin.md's known-good pair. */
export const CHAIN_A = 8953668971247136127n;
export const CHAIN_B = 729797994450396300n;

export const QUERY = new Uint8Array();
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export const offchainConfigOf = (maxChains: number): Uint8Array =>
  bytesOf(JSON.stringify({ MaxChains: maxChains }));

/** Four oracles, one of them faulty, five chains. */
export const POR_CONFIG: ReportingPluginConfig = { ...PROTOCOL_CONFIG, offchainConfig: offchainConfigOf(5) };

type Numbers = Readonly<Record<string, number | bigint>>;

export const blocksOf = (blocks: Numbers): Blocks =>
  new Map(Object.entries(blocks).map(([selector, block]) => [BigInt(selector), BigInt(block)]));

/** By selector: block and mintable. */
export const mintablesOf = (
  pairs: Readonly<Record<string, readonly [number | bigint, number | bigint]>>,
): Mintables =>
  new Map(
    Object.entries(pairs).map(([selector, [block, mintable]]): [bigint, BlockMintablePair] => [
      BigInt(selector),
      { block: BigInt(block), mintable: BigInt(mintable) },
    ]),
  );

export const NONE: Mintables = new Map();

export const payloadOf = ({ mintables, latestBlocks }: Observation): ExternalAdapterPayload => ({
  mintables,
  latestBlocks,
  reserveInfo: { reserveAmount: 1000n, timestampNs: 0n },
});

export const FIRST_ROUND: OutcomeContext = {
  seqNr: 1n,
  previousOutcome: new Uint8Array(),
  epoch: 1n,
  round: 1n,
};

/** A later round over what was agreed on. */
export const contextAfter = (previousOutcome: Uint8Array, seqNr = 2n): OutcomeContext => ({
  ...FIRST_ROUND,
  seqNr,
  previousOutcome,
});

/** A later round in which these chains are tracked. */
export const contextTracking = (honestBlocks: Blocks, mintables: Mintables = NONE): OutcomeContext =>
  contextAfter(encodeOutcome({ changed: new Set(), mintables, honestBlocks }));

export const observed = (observer: number, observation: Observation): AttributedObservation => ({
  observer,
  observation: encodeObservation(observation),
});

/** An adapter that always answers the same. */
export const adapterOf = (observation: Observation): ExternalAdapter => ({
  getPayload: () => Promise.resolve(payloadOf(observation)),
});

export async function pluginOf(
  adapter: ExternalAdapter = adapterOf({ mintables: NONE, latestBlocks: new Map() }),
  config: Partial<ReportingPluginConfig> = {},
  reader?: LatestTransmissionReader,
): Promise<ReportingPlugin> {
  const factory = porFactory(adapter, reader);
  return (await factory.newReportingPlugin({ ...POR_CONFIG, ...config })).plugin;
}
