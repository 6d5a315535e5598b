import type { ESTree } from 'rolldown/utils';
import type { ExportFact } from './facts.ts';
import type { Syntax } from './syntax.ts';
import { isFunction } from './syntax.ts';

/** A declaration with its syntax node. */
type Declaration = Pick<ExportFact, 'name' | 'kind'> & { readonly node: ESTree.Span };

/** Returns the declarations that the file exports; a re-export from another file does not count. */
export function scanExports(syntax: Syntax): ExportFact[] {
  // Names in statements of the form `export { name };`.
  const exportedNames = new Set<string>();
  const declared: { readonly isExported: boolean; readonly fact: ExportFact }[] = [];
  for (const statement of syntax.program.body) {
    const isExported = statement.type === 'ExportNamedDeclaration';
    if (isExported && statement.source === null)
      for (const { local } of statement.specifiers)
        exportedNames.add(local.type === 'Literal' ? local.value : local.name);
    const declaration = isExported ? statement.declaration : statement;
    if (declaration === null) continue;
    for (const { name, kind, node } of listDeclarations(declaration))
      declared.push({ isExported, fact: toFact(syntax, statement, { name, kind, node }) });
  }
  return declared
    .filter(({ isExported, fact }) => isExported || exportedNames.has(fact.name))
    .map(({ fact }) => fact);
}

function toFact(
  syntax: Syntax,
  statement: ESTree.Span,
  { name, kind, node }: Declaration,
): ExportFact {
  const line = syntax.lineOf(node.start);
  const lines = syntax.lineOf(node.end) - line + 1;
  return { line, name, kind, lines, isDocumented: hasDoc(syntax, statement.start) };
}

function listDeclarations(node: ESTree.Statement | ESTree.Directive): Declaration[] {
  switch (node.type) {
    case 'TSTypeAliasDeclaration':
    case 'TSInterfaceDeclaration':
    case 'TSEnumDeclaration':
      return [{ name: node.id.name, kind: 'type', node }];
    case 'FunctionDeclaration':
      return node.id === null ? [] : [{ name: node.id.name, kind: 'function', node }];
    case 'ClassDeclaration':
      return node.id === null ? [] : [{ name: node.id.name, kind: 'class', node }];
    case 'VariableDeclaration':
      return node.declarations.flatMap(({ id, init }): Declaration[] =>
        id.type === 'Identifier'
          ? [{ name: id.name, kind: isFunction(init) ? 'function' : 'value', node }]
          : [],
      );
    default:
      return [];
  }
}

/** Returns true if a doc comment ends directly before the statement that begins at `start`. */
function hasDoc({ text, comments }: Syntax, start: number): boolean {
  return comments.some(
    ({ type, value, end }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      end <= start &&
      text.slice(end, start).trim() === '',
  );
}
