import { jsonItems, jsonMembers, jsonNumber, jsonString, parseJson } from '../../src/codec/json.ts';
import type { JsonToken } from '../../src/codec/json.ts';
import { fewerItems, smallerIntegers, smallerItems, smallerTexts, whileKept } from './reduce.ts';
import type { Keep } from './reduce.ts';

/** A JSON document that can be made smaller and written again; numbers keep their digits. */
type Node =
  | { readonly kind: 'object'; readonly members: readonly Member[] }
  | { readonly kind: 'array'; readonly items: readonly Node[] }
  | { readonly kind: 'string'; readonly text: string }
  /** As it is written: numbers, literals, and what is nested too deep to be looked into. */
  | { readonly kind: 'written'; readonly text: string };

interface Member {
  readonly key: string;
  readonly value: Node;
}

const MAX_DEPTH = 32;
const MAX_DIGITS = 400;

/** Makes a JSON object in bytes smaller, down into base64 texts that hold JSON again; other bytes stay. */
export async function shrinkJson(bytes: Uint8Array, keep: Keep<Uint8Array>): Promise<Uint8Array> {
  const token = parseJson(bytes);
  if (token?.kind !== 'object') return bytes;
  const node = read(bytes, token, 0);
  const plain = written(node);
  // Written otherwise it may be another case: escapes, blanks, invalid UTF-8.
  if (Buffer.compare(plain, bytes) !== 0 && !(await keep(plain))) return bytes;
  return written(await shrinkNode(node, (smaller) => keep(written(smaller))));
}

async function shrinkNode(node: Node, keep: Keep<Node>): Promise<Node> {
  switch (node.kind) {
    case 'object': {
      const keepMembers: Keep<readonly Member[]> = (members) => keep({ kind: 'object', members });
      const fewer = await fewerItems(node.members, keepMembers);
      const members = await smallerItems(fewer, keepMembers, shrinkMember);
      return { kind: 'object', members };
    }
    case 'array': {
      const keepItems: Keep<readonly Node[]> = (items) => keep({ kind: 'array', items });
      const fewer = await fewerItems(node.items, keepItems);
      return { kind: 'array', items: await smallerItems(fewer, keepItems, shrinkNode) };
    }
    case 'string':
      return shrinkText(node, keep);
    default:
      return shrinkNumber(node, keep);
  }
}

async function shrinkMember(member: Member, keep: Keep<Member>): Promise<Member> {
  const value = await shrinkNode(member.value, (smaller) => keep({ ...member, value: smaller }));
  return { ...member, value };
}

type TextNode = Extract<Node, { kind: 'string' }>;

async function shrinkText(node: TextNode, keep: Keep<Node>): Promise<Node> {
  const inner = Buffer.from(node.text, 'base64');
  if (parseJson(inner)?.kind === 'object') {
    const smaller = await shrinkJson(inner, (bytes) => keep(base64Node(bytes)));
    return Buffer.compare(smaller, inner) === 0 ? node : base64Node(smaller);
  }
  const text = await whileKept(node.text, smallerTexts, (smaller) => keep({ kind: 'string', text: smaller }));
  return { kind: 'string', text };
}

function base64Node(bytes: Uint8Array): TextNode {
  return { kind: 'string', text: Buffer.from(bytes).toString('base64') };
}

async function shrinkNumber(node: Extract<Node, { kind: 'written' }>, keep: Keep<Node>): Promise<Node> {
  if (node.text.length > MAX_DIGITS || !/^-?[0-9]+$/.test(node.text)) return node;
  const value = BigInt(node.text);
  const smaller = await whileKept(value, smallerIntegers, (candidate) => keep(numberNode(candidate)));
  return smaller === value ? node : numberNode(smaller);
}

function numberNode(value: bigint): Node {
  return { kind: 'written', text: String(value) };
}

function read(bytes: Uint8Array, token: JsonToken, depth: number): Node {
  if (token.kind === 'string') return { kind: 'string', text: jsonString(bytes, token) };
  if (depth < MAX_DEPTH && token.kind === 'object') {
    const members = jsonMembers(bytes, token);
    return {
      kind: 'object',
      members: members.map(({ key, value }) => ({ key, value: read(bytes, value, depth + 1) })),
    };
  }
  if (depth < MAX_DEPTH && token.kind === 'array') {
    return { kind: 'array', items: jsonItems(bytes, token).map((item) => read(bytes, item, depth + 1)) };
  }
  return { kind: 'written', text: jsonNumber(bytes, token) };
}

function written(node: Node): Uint8Array {
  return Buffer.from(textOf(node), 'utf8');
}

function textOf(node: Node): string {
  switch (node.kind) {
    case 'object':
      return `{${node.members.map(({ key, value }) => `${JSON.stringify(key)}:${textOf(value)}`).join(',')}}`;
    case 'array':
      return `[${node.items.map(textOf).join(',')}]`;
    case 'string':
      return JSON.stringify(node.text);
    default:
      return node.text;
  }
}
