import type { ESTree } from 'rolldown/utils';
import { Visitor } from 'rolldown/utils';
import type { FunctionFact } from './facts.ts';
import { findTitleCalls } from './scan-titles.ts';
import type { Syntax } from './syntax.ts';
import { getCalleeRoot, getKeyName, isFunction } from './syntax.ts';

type FunctionNode = ESTree.Function | ESTree.ArrowFunctionExpression;
/** Name of a function in a report. */
type Label = Pick<FunctionFact, 'name' | 'isNamed'>;

/** Returns all functions with a body, including callbacks. The visitor reaches the parent of a function first, which provides the label. */
export function scanFunctions(syntax: Syntax): FunctionFact[] {
  const { program, lineOf } = syntax;
  const testCalls = findTitleCalls(syntax);
  const functions: FunctionFact[] = [];
  const labels = new Map<object, Label>();
  const labelFunction = (
    node: ESTree.Expression | null | undefined,
    name: string | undefined,
  ): void => {
    if (isFunction(node) && name !== undefined) labels.set(node, { name, isNamed: true });
  };
  const addFunction = (node: FunctionNode): void => {
    if (node.body === null) return;
    const ownName = node.id?.name;
    const label = labels.get(node) ?? {
      name: ownName ?? '(callback)',
      isNamed: ownName !== undefined,
    };
    const isSuite = testCalls.some(({ start }) => node.start < start && start < node.end);
    const line = lineOf(node.start);
    functions.push({ line, lines: lineOf(node.end) - line + 1, isSuite, ...label });
  };
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === 'Identifier') labelFunction(init, id.name);
    },
    MethodDefinition: ({ key, value }) => labelFunction(value, getKeyName(key)),
    PropertyDefinition: ({ key, value }) => labelFunction(value, getKeyName(key)),
    Property({ key, value }) {
      if (isFunctionNode(value)) labelFunction(value, getKeyName(key));
    },
    CallExpression({ callee, arguments: passed }) {
      const root = getCalleeRoot(callee) ?? 'call';
      for (const argument of passed)
        if (isFunction(argument))
          labels.set(argument, { name: `(callback of ${root})`, isNamed: false });
    },
    FunctionDeclaration: addFunction,
    FunctionExpression: addFunction,
    ArrowFunctionExpression: addFunction,
  }).visit(program);
  return functions;
}

function isFunctionNode(node: { readonly type: string }): node is FunctionNode {
  return node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';
}
