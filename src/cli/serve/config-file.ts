import { readFile } from 'node:fs/promises';
import { LineCounter, isMap, isNode, isPair, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { AppError, messageOf, systemCode } from '../../errors.ts';

/** Larger than any configuration. */
const LIMIT_BYTES = 1024 * 1024;

/** A field on its way from the outermost section inwards. */
export type FieldPath = readonly (string | number)[];

/** A configuration as it was written. */
export interface ConfigFile {
  readonly value: unknown;
  /** Where a field stands, for messages: `FILE:LINE`; the nearest section's line when the field is not there. */
  where(path: FieldPath): string;
}

/** No file: nothing is configured. */
export const NO_FILE: ConfigFile = { value: {}, where: () => 'configuration' };

/** Reads a YAML file. Rejects with `AppError` INPUT. */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  const text = await readText(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const { line } = lines.linePos(fault.pos[0]);
    throw new AppError('INPUT', `${path}:${String(line)}: expected YAML, got: ${fault.message}`);
  }
  return {
    value: valueOf(path, document),
    where: (field) => {
      const offset = offsetOf(document, field);
      return offset === undefined ? path : `${path}:${String(lines.linePos(offset).line)}`;
    },
  };
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    const came = systemCode(error) === 'ENOENT' ? 'no such file' : messageOf(error);
    throw new AppError('INPUT', `${path}: expected a configuration file, got ${came}`, { cause: error });
  });
  if (bytes.length <= LIMIT_BYTES) return bytes.toString('utf8');
  const expected = `expected a configuration file of at most ${String(LIMIT_BYTES)} bytes`;
  throw new AppError('INPUT', `${path}: ${expected}, got ${String(bytes.length)}`);
}

/** An empty file configures nothing. */
function valueOf(path: string, document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw new AppError('INPUT', `${path}: expected YAML, got: ${messageOf(error)}`, { cause: error });
  }
}

/** Where the field's name stands, or its value in a list, or that of the section around it. */
function offsetOf(document: Document, path: FieldPath): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const outer = document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    const pair = isMap(outer)
      ? outer.items.find((item) => isPair(item) && nameOf(item.key) === name)
      : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

function nameOf(key: unknown): unknown {
  return typeof key === 'object' && key !== null && 'value' in key ? key.value : key;
}
