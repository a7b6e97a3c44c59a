import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Visitor, parseSync } from 'oxc-parser';
import type { MemberExpression, Program } from 'oxc-parser';

/** One import or re-export of a source file. */
export interface Import {
  /** A file of the project, relative to its root, or what is imported of a package. */
  readonly target: string;
  readonly isFile: boolean;
  /** `load`: when the file is loaded; `call`: by `import()`; `type`: never. */
  readonly when: 'load' | 'call' | 'type';
}

export interface Source {
  readonly path: string;
  readonly imports: readonly Import[];
  /** Breaches of the rules for single files, e.g. `default export`. */
  readonly breaches: readonly string[];
}

/** The folders that hold the product, and the code that makes its dashboards. */
const FOLDERS = ['src', 'legacy', 'loopp', 'harness', 'grafana'];

export function loadSources(): readonly Source[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name))
      .map((path) => parseSource(path, readFileSync(path, 'utf8'))),
  );
}

export function parseSource(path: string, text: string): Source {
  const { program, module, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const specifierAt = (start: number, end: number): string => text.slice(start + 1, end - 1);
  const statics = module.staticImports.map(({ moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    when: entries.length > 0 && entries.every(({ isType }) => isType) ? ('type' as const) : ('load' as const),
  }));
  const reexports = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest, isType }) =>
      moduleRequest === null
        ? []
        : [{ specifier: moduleRequest.value, when: isType ? ('type' as const) : ('load' as const) }],
    ),
  );
  const dynamics = module.dynamicImports.map(({ moduleRequest: { start, end } }) => ({
    specifier: specifierAt(start, end),
    when: 'call' as const,
  }));
  return {
    path,
    imports: [...statics, ...reexports, ...dynamics].map(({ specifier, when }) => ({
      ...resolved(path, specifier),
      when,
    })),
    breaches: breachesOf(program),
  };
}

function resolved(from: string, specifier: string): Pick<Import, 'target' | 'isFile'> {
  return specifier.startsWith('.')
    ? { target: join(dirname(from), specifier), isFile: true }
    : { target: specifier, isFile: false };
}

function breachesOf(program: Program): readonly string[] {
  const found = new Set<string>();
  const visitor = new Visitor({
    ExportDefaultDeclaration: () => void found.add('default export'),
    ExportSpecifier: ({ exported }) => {
      if (nameOf(exported) === 'default') found.add('default export');
    },
    TSNonNullExpression: () => void found.add('non-null assertion'),
    TSAnyKeyword: () => void found.add('any'),
    MemberExpression: (node) => {
      if (memberOf(node) === 'env' && isProcess(node.object)) found.add('process.env');
    },
    VariableDeclarator: ({ id, init }) => {
      if (id.type === 'ObjectPattern' && init !== null && isProcess(init)) found.add('process.env');
    },
    ImportDeclaration: ({ source: { value } }) => {
      if (value === 'process' || value === 'node:process') found.add('process.env');
    },
  });
  visitor.visit(program);
  return [...found];
}

/** `process` or `globalThis.process`. */
function isProcess(node: MemberExpression['object']): boolean {
  if (node.type === 'Identifier') return node.name === 'process';
  return node.type === 'MemberExpression' && memberOf(node) === 'process';
}

function memberOf({ property }: MemberExpression): string | undefined {
  return nameOf(property);
}

function nameOf(node: { readonly type: string }): string | undefined {
  if ('name' in node && typeof node.name === 'string') return node.name;
  return 'value' in node && typeof node.value === 'string' ? node.value : undefined;
}
