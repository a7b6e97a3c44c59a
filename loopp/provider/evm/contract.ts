import { isCallException } from 'ethers';
import type { Interface, Result } from 'ethers';
import { messageOf } from '../../../src/errors.ts';

/** How one value is read off a contract. */
export interface EvmContract {
  /** 20 bytes in hex. */
  readonly address: string;
  /** The function, and the errors it may revert with. */
  readonly abi: Interface;
  /** The function's name. */
  readonly method: string;
}

/** A contract did not answer as its ABI says; the message names contract and function. */
export class EvmContractError extends Error {
  override readonly name = 'EvmContractError';
}

/** Makes an `eth_call` with this data to that address. */
export type EthCall = (to: string, data: string) => Promise<string>;

/** Rejects with `EvmContractError`, and as `call` does when there was no answer. */
export async function readContract(
  { address, abi, method }: EvmContract,
  args: readonly unknown[],
  call: EthCall,
): Promise<Result> {
  const what = `${method} of contract ${address}`;
  const answered = await call(address, abi.encodeFunctionData(method, [...args])).catch((error: unknown) => {
    throw isCallException(error) ? reverted(what, abi, error.data, error) : error;
  });
  if (answered === '0x') {
    throw new EvmContractError(
      `${what}: expected an answer, got none: is there such a contract on this chain?`,
    );
  }
  try {
    return abi.decodeFunctionResult(method, answered);
  } catch (error) {
    throw new EvmContractError(`${what}: expected what its ABI says, got ${answered.slice(0, 66)}`, {
      cause: error,
    });
  }
}

function reverted(what: string, abi: Interface, data: string | null, error: Error): EvmContractError {
  const known = data === null ? null : abi.parseError(data);
  const why = known === null ? messageOf(error) : `${known.name}(${known.args.map(String).join(', ')})`;
  return new EvmContractError(`${what} reverted: ${why}`, { cause: error });
}
