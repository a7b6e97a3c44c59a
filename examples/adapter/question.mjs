/** The asker gets no answer; `status` is HTTP's, `message` says what was expected and what came. */
export class RefusedError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** A field is not what it should be. */
const refuse = (field, expected, came) => {
  throw new RefusedError(400, `${field}: expected ${expected}, got ${shown(came)}`);
};

/**
 * What is asked: a block by chain selector, 0 where none is named; no chain at all asks for the newest blocks of all. Some
 * chains only would leave their supply out of the sum. Throws `RefusedError`.
 */
export function readQuestion(body, { token, reserves, chains }) {
  const parsed = parse(body);
  const data = isObject(parsed.data) ? parsed.data : parsed;
  if (data.token !== token) refuse('token', JSON.stringify(token), data.token);
  if (data.reserves !== reserves) refuse('reserves', JSON.stringify(reserves), data.reserves);
  const { supplyChains = [], supplyChainBlocks = [] } = data;
  if (!Array.isArray(supplyChains)) refuse('supplyChains', 'a list of chain selectors', supplyChains);
  if (!Array.isArray(supplyChainBlocks) || supplyChainBlocks.length !== supplyChains.length) {
    refuse('supplyChainBlocks', `a list of ${supplyChains.length} block numbers`, supplyChainBlocks);
  }
  const blocks = new Map();
  for (const [index, chain] of supplyChains.entries()) {
    const known = [...chains.keys()].filter((other) => !blocks.has(other));
    if (!known.includes(chain)) refuse(`supplyChains[${index}]`, `one of ${known.join(', ')}`, chain);
    blocks.set(chain, blockOf(`supplyChainBlocks[${index}]`, supplyChainBlocks[index]));
  }
  if (blocks.size > 0 && blocks.size < chains.size) {
    refuse('supplyChains', `all chains of the token (${[...chains.keys()].join(', ')})`, supplyChains);
  }
  return blocks;
}

function parse(body) {
  let parsed;
  try {
    parsed = JSON.parse(body);
  } catch {
    refuse('body', 'JSON', body);
  }
  return isObject(parsed) ? parsed : refuse('body', 'an object', parsed);
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function blockOf(field, value) {
  return Number.isSafeInteger(value) && value >= 0
    ? value
    : refuse(field, `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`, value);
}

const SHOWN_CHARACTERS = 80;

/** A value for a message. */
export function shown(value) {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
