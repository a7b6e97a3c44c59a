import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { shown } from './question.mjs';
import { checkAmount, checkReserve, fileError, parseJson } from './reserve.mjs';

/** Figures from a file, which is read for every question, so that a change shows at once. */
export function staticSource({ figures: file }) {
  const place = basename(file);
  return async () => {
    const { reserveInfo, chains } = parseJson(place, await readFile(file, 'utf8').catch(fileError(place)));
    const chainOf = (chain) => Object(Object(chains)[chain]);
    return {
      reserveInfo: async () => checkReserve(place, Object(reserveInfo)),
      latestBlock: async (chain) => {
        const { latestBlock } = chainOf(chain);
        if (Number.isSafeInteger(latestBlock) && latestBlock >= 0) return latestBlock;
        throw new Error(
          `${place}: chains["${chain}"].latestBlock: expected a block number, got ${shown(latestBlock)}`,
        );
      },
      /** The same at every block. */
      supply: async (chain) => checkAmount(place, `chains["${chain}"].supply`, chainOf(chain).supply),
    };
  };
}
