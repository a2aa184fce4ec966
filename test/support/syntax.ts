import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { parseAst } from 'vitest/node';

/** One import of a module; type-only imports, re-exports and `import()` count as well. */
export interface Import {
  /** A path from the root of the project for a relative import, otherwise the package as written; '?' when computed. */
  readonly target: string;
  /** What is imported by name; '*' and 'default' stand for themselves. */
  readonly names: readonly string[];
}

/** What a source file imports and uses, read from its syntax tree: comments and strings do not count. */
export interface Module {
  /** From the root of the project, with forward slashes. */
  readonly path: string;
  readonly imports: readonly Import[];
  /** Every identifier, every `a.b` by its last two names, and `new X`. */
  readonly uses: ReadonlySet<string>;
}

/** Every TypeScript file under these folders of the project. */
export const readModules = (root: string, folders: readonly string[]): Module[] =>
  folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        return parseModule(relative(root, file).split(sep).join('/'), readFileSync(file, 'utf8'));
      }),
  );

export function parseModule(path: string, source: string): Module {
  const imports: Import[] = [];
  const uses = new Set<string>();
  // The parser's own types know no TypeScript; nodes are looked at as plain records.
  visit(parseAst(source, { lang: 'ts' } as Parameters<typeof parseAst>[1]) as unknown as Node, (node) => {
    const imported = importOf(node, path);
    if (imported) imports.push(imported);
    for (const use of usesOf(node)) uses.add(use);
  });
  return { path, imports, uses };
}

type Node = Readonly<Record<string, unknown>> & { readonly type: string };

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  for (const child of Object.values(node)) {
    for (const part of Array.isArray(child) ? child : [child]) if (isNode(part)) visit(part, see);
  }
}

function importOf(node: Node, from: string): Import | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return { target: targetOf(node.source, from), names: namesOf(node.specifiers, 'imported') };
    case 'ExportNamedDeclaration':
      if (!isNode(node.source)) return undefined;
      return { target: targetOf(node.source, from), names: namesOf(node.specifiers, 'local') };
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return { target: targetOf(node.source, from), names: ['*'] };
    case 'CallExpression':
      if (!isNode(node.callee) || node.callee.name !== 'require') return undefined;
      return { target: targetOf(Array.isArray(node.arguments) ? node.arguments[0] : undefined, from), names: ['*'] };
    default:
      return undefined;
  }
}

function targetOf(source: unknown, from: string): string {
  if (!isNode(source) || source.type !== 'Literal' || typeof source.value !== 'string') return '?';
  return source.value.startsWith('.') ? posix.join(dirname(from), source.value) : source.value;
}

function namesOf(specifiers: unknown, side: 'imported' | 'local'): string[] {
  return (Array.isArray(specifiers) ? specifiers : []).filter(isNode).map((specifier) => {
    if (specifier.type === 'ImportNamespaceSpecifier') return '*';
    if (specifier.type === 'ImportDefaultSpecifier') return 'default';
    return nameOf(specifier[side]) ?? '*';
  });
}

function usesOf(node: Node): string[] {
  if (node.type === 'Identifier') return [String(node.name)];
  if (node.type === 'NewExpression') return [`new ${nameOf(node.callee)}`];
  if (node.type === 'MemberExpression') return [`${nameOf(node.object)}.${nameOf(node.property)}`];
  // const { random } = Math
  if (node.type === 'VariableDeclarator' && isNode(node.id) && Array.isArray(node.id.properties)) {
    return node.id.properties.filter(isNode).map((property) => `${nameOf(node.init)}.${nameOf(property.key)}`);
  }
  return [];
}

/** The last name of an expression: `Math` of Math and of globalThis.Math, `random` of 'random'. */
function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier') return String(node.name);
  if (node.type === 'Literal') return String(node.value);
  return node.type === 'MemberExpression' ? nameOf(node.property) : undefined;
}
