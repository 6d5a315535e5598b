import type { ESTree, ParseResult } from 'rolldown/utils';

/** A parsed file. */
export type Syntax = {
  readonly path: string;
  readonly text: string;
  readonly program: ESTree.Program;
  readonly comments: ParseResult['comments'];
  /** Returns the line of an offset, counted from 1. */
  readonly lineOf: (offset: number) => number;
};

/** Returns the name of a member; undefined for a computed name. */
export function getKeyName(key: ESTree.PropertyKey): string | undefined {
  if (key.type === 'Identifier' || key.type === 'PrivateIdentifier') return key.name;
  if (key.type === 'Literal' && typeof key.value === 'string') return key.value;
  return undefined;
}

/** Returns true for a function expression and an arrow function. */
export function isFunction(
  node: ESTree.Expression | ESTree.Argument | null | undefined,
): node is ESTree.Function | ESTree.ArrowFunctionExpression {
  return node?.type === 'FunctionExpression' || node?.type === 'ArrowFunctionExpression';
}

/** Returns the identifier at the root of a callee: `it` of `it.each(rows)`. */
export function getCalleeRoot(callee: ESTree.Expression): string | undefined {
  switch (callee.type) {
    case 'Identifier':
      return callee.name;
    case 'MemberExpression':
      return callee.object.type === 'Super' ? undefined : getCalleeRoot(callee.object);
    case 'CallExpression':
      return getCalleeRoot(callee.callee);
    case 'TaggedTemplateExpression':
      return getCalleeRoot(callee.tag);
    default:
      return undefined;
  }
}
