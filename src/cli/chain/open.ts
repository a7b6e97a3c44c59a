import { TransmittingAccount } from '../../../loopp/provider/evm/account.ts';
import { EvmChain } from '../../../loopp/provider/evm/chain.ts';
import { untilAborted } from '../../../loopp/provider/patience.ts';
import { readChainVariables } from '../../config.ts';
import { AppError, messageOf } from '../../errors.ts';
import { loadChainConfig } from './config.ts';
import { loadKeys } from './keys.ts';
import { ChainProof } from './proof.ts';
import { Reachability } from './reachability.ts';
import type { ChainConfig } from './schema.ts';

/**
 * Looks whether the chain is there, is the right one and has the contracts. Once `signal` aborts, nothing is sent any more.
 * Rejects with `AppError` INPUT for a configuration and CHAIN for a chain that is not what it should be.
 */
export async function openChain(path: string, signal: AbortSignal): Promise<ChainProof> {
  const config = await loadChainConfig(path);
  const keys = await loadKeys(path, config, readChainVariables());
  const chain = new EvmChain(chainOptions(config));
  chain.provider.pollingInterval = config.pollIntervalMs;
  try {
    const account = new TransmittingAccount(keys.sender, chain.provider);
    await untilAborted([signal], checkChain(path, config, chain, account));
    const reachability = new Reachability(config, signal);
    return new ChainProof({ config, chain, account, reachability }, keys.signers);
  } catch (error) {
    chain.close();
    if (error instanceof AppError || signal.aborted) throw error;
    throw new AppError('CHAIN', `${path}: the chain cannot be used: ${messageOf(error)}`, { cause: error });
  }
}

const chainOptions = (config: ChainConfig): ConstructorParameters<typeof EvmChain>[0] => ({
  url: config.rpcUrl,
  chainId: BigInt(config.chainId),
  // Feeds of all chains go to this one.
  chainSelector: 0n,
  finality: config.finality,
  requestTimeoutMs: config.requestTimeoutMs,
  attempts: config.attempts,
  retryPauseMs: config.retryPauseMs,
  receiveLimitBytes: RECEIVE_LIMIT_BYTES,
  requestsInFlight: REQUESTS_IN_FLIGHT,
});

const RECEIVE_LIMIT_BYTES = 16 * 1024 * 1024;
/** More than the most rounds in progress make. */
const REQUESTS_IN_FLIGHT = 1000;

async function checkChain(
  path: string,
  config: ChainConfig,
  chain: EvmChain,
  account: TransmittingAccount,
): Promise<void> {
  await chain.check();
  const contracts = [
    ['forwarder', config.forwarder],
    ['caches.legacy', config.caches.legacy],
    ['caches.loopp', config.caches.loopp],
  ] as const;
  for (const [field, address] of contracts) {
    if ((await chain.provider.getCode(address)) !== '0x') continue;
    throw new AppError(
      'CHAIN',
      `${path}: ${field}: expected a contract at ${address} on chain ${String(config.chainId)}, got none`,
    );
  }
  if ((await chain.provider.getBalance(account.address)) > 0n) return;
  throw new AppError(
    'CHAIN',
    `${path}: expected funds of the sender ${account.address}, which pays, got none`,
  );
}
