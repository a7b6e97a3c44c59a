import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isUrl } from './config.mjs';
import { shown } from './question.mjs';
import { checkReserve, fileError, parseJson } from './reserve.mjs';

const RESPONSE_LIMIT_BYTES = 4 * 1024 * 1024;
/** totalSupply() */
const TOTAL_SUPPLY = '0x18160ddd';
const WORD = /^0x[0-9a-f]{64}$/i;
const QUANTITY = /^0x(?:0|[1-9a-f][0-9a-f]*)$/i;

/** Supplies from chains over JSON-RPC, the reserve from a file or over HTTP. Nothing is kept between questions. */
export function rpcSource({ chains, finality, reserveSource, sourceTimeoutMs: timeoutMs }) {
  const call = async (chain, method, params) => {
    const { url } = chains.get(chain);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const place = `chains["${chain}"]: ${method}`;
    const { result, error } = parseJson(place, await textOf(place, url, { method: 'POST', body, timeoutMs }));
    if (error === undefined || error === null) return result;
    throw new Error(`${place}: expected a result, got the error ${shown(error.message ?? error)}`);
  };
  const source = {
    reserveInfo: async () => {
      const place = isUrl(reserveSource) ? 'reserveSource' : basename(reserveSource);
      const text = isUrl(reserveSource)
        ? await textOf(place, reserveSource, { method: 'GET', timeoutMs })
        : await readFile(reserveSource, 'utf8').catch(fileError(place));
      return checkReserve(place, parseJson(place, text));
    },
    /** The newest block that counts as final; with a depth, so many blocks below the newest. */
    latestBlock: async (chain) => {
      const isDepth = typeof finality === 'number';
      const method = isDepth ? 'eth_blockNumber' : 'eth_getBlockByNumber';
      const result = await call(chain, method, isDepth ? [] : [finality, false]);
      const number = isDepth ? result : Object(result).number;
      if (typeof number !== 'string' || !QUANTITY.test(number) || !Number.isSafeInteger(Number(number))) {
        throw new Error(
          `chains["${chain}"]: ${method}: expected a block number in hex, got ${shown(number)}`,
        );
      }
      return isDepth ? Math.max(0, Number(number) - finality) : Number(number);
    },
    supply: async (chain, block) => {
      const { contract } = chains.get(chain);
      const transaction = { to: contract, data: TOTAL_SUPPLY };
      const word = await call(chain, 'eth_call', [transaction, `0x${block.toString(16)}`]);
      if (typeof word === 'string' && WORD.test(word)) return BigInt(word);
      const place = `chains["${chain}"]: totalSupply() of ${contract} at block ${block}`;
      throw new Error(`${place}: expected 32 bytes, got ${shown(word)}`);
    },
  };
  return async () => source;
}

/** The text of a response, in time and within the limit; the URL is not shown, because it may hold a key. */
async function textOf(place, url, { method, body, timeoutMs }) {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(url, { method, body, headers, signal, redirect: 'error' });
    const text = await limitedText(response);
    if (response.ok) return text;
    throw new Error(`HTTP ${response.status} ${shown(text)}`);
  } catch (error) {
    const came = error.name === 'TimeoutError' ? `none within ${timeoutMs} ms` : reasonOf(error);
    throw new Error(`${place}: expected an answer, got ${came}`, { cause: error });
  }
}

/** fetch hides why it failed in the cause. */
const reasonOf = ({ message, cause }) => cause?.code ?? cause?.message ?? message;

async function limitedText(response) {
  const chunks = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > RESPONSE_LIMIT_BYTES) throw new Error(`more than ${RESPONSE_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
