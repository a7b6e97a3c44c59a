import { getAddress, isCallException, isError } from 'ethers';
import type { ErrorDescription, Interface, Provider } from 'ethers';
import { AppError, messageOf } from '../../../../src/errors.ts';
import type { Deadline } from './deadline.ts';
import { DeliveryError } from './errors.ts';

/** A contract where it is. */
export interface ContractAt {
  /** For messages. */
  readonly name: string;
  /** With its check sum. */
  readonly address: string;
  readonly abi: Interface;
  /** What to do about an error of the contract, by the error's name. */
  readonly hints: Readonly<Record<string, string>>;
}

/** Throws an `AppError` for what is no address. */
export function contractAt(
  name: string,
  address: string,
  abi: Interface,
  hints: ContractAt['hints'] = {},
): ContractAt {
  try {
    return { name, address: getAddress(address), abi, hints };
  } catch (error) {
    const text = `expected the address of the ${name}, 20 bytes in hex, got "${address}"`;
    throw new AppError('USAGE', text, { cause: error });
  }
}

/** Values of a call or of an event, by their names in the ABI. */
export type Named = Readonly<Record<string, unknown>>;

/** A number among them: ethers answers a bigint for every width, enumerations too. */
export const numberIn = (values: Named, name: string): bigint => BigInt(String(values[name]));
export const textIn = (values: Named, name: string): string => String(values[name]);

/** A question that costs nothing: the call is carried out and forgotten. */
export interface ContractCall {
  /** What is asked for, for messages. */
  readonly what: string;
  readonly name: string;
  readonly args: readonly unknown[];
  /** Who asks, and with how much gas; nobody and plenty when it does not matter. */
  readonly sender?: { readonly from: string; readonly gasLimit: bigint };
}

/** Answers what the function returns. Rejects with a `DeliveryError`, of kind `refused` when the contract reverts. */
export async function callContract(
  provider: Provider,
  contract: ContractAt,
  { what, name, args, sender }: ContractCall,
  deadline: Deadline,
): Promise<Named> {
  const { address, abi } = contract;
  const data = abi.encodeFunctionData(name, args);
  let answer: string;
  try {
    answer = await deadline.race(what, () => provider.call({ to: address, data, ...sender }));
  } catch (error) {
    throw refusal(contract, what, error) ?? chainError(what, error);
  }
  return decoded(contract, what, name, answer);
}

function decoded({ name, address, abi }: ContractAt, what: string, call: string, answer: string): Named {
  try {
    return abi.decodeFunctionResult(call, answer).toObject();
  } catch (error) {
    const came = answer === '0x' ? 'no contract there' : `the bytes ${answer}`;
    const text = `expected ${what} from the ${name} at ${address}, got ${came}; check the address and the chain`;
    throw new DeliveryError('refused', text, { cause: error });
  }
}

/** What a contract said when it reverted; undefined when something else went wrong. */
function refusal(contract: ContractAt, what: string, error: unknown): DeliveryError | undefined {
  if (!isCallException(error)) return undefined;
  const { name, address, abi } = contract;
  const custom = error.data === null ? null : abi.parseError(error.data);
  const reason = custom === null ? (error.reason ?? error.data ?? 'no reason') : described(custom);
  const hint = contract.hints[custom?.name ?? ''];
  const text = `expected ${what} from the ${name} at ${address}, got the error ${reason}`;
  return new DeliveryError('refused', hint === undefined ? text : `${text}; ${hint}`, { cause: error });
}

/** `Name(argument value, ...)` */
function described({ name, fragment, args }: ErrorDescription): string {
  return `${name}(${fragment.inputs.map((input, at) => `${input.name} ${String(args[at])}`).join(', ')})`;
}

/** The error for a chain that did not do what it was asked for. */
export function chainError(what: string, error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const kind = isError(error, 'TIMEOUT') ? 'timeout' : 'unavailable';
  return new DeliveryError(kind, `expected ${what} of the chain, got: ${shortMessage(error)}`, {
    cause: error,
  });
}

/** Ethers puts all that it was about into its messages, and the message itself beside it. */
function shortMessage(error: unknown): string {
  const short = error instanceof Error && 'shortMessage' in error ? error.shortMessage : undefined;
  return typeof short === 'string' ? short : messageOf(error);
}
