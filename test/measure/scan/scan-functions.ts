import type { ESTree } from 'rolldown/utils';
import { Visitor } from 'rolldown/utils';
import type { FunctionFact } from './facts.ts';
import { titleCalls } from './scan-titles.ts';
import type { Syntax } from './syntax.ts';
import { calleeRoot, isFunction, keyName } from './syntax.ts';

type FunctionNode = ESTree.Function | ESTree.ArrowFunctionExpression;
type Label = Pick<FunctionFact, 'name' | 'isNamed'>;

/** Returns all functions with a body, callbacks included. A parent is visited first and labels the function below it. */
export function scanFunctions(syntax: Syntax): FunctionFact[] {
  const { program, lineOf } = syntax;
  const tests = titleCalls(syntax);
  const functions: FunctionFact[] = [];
  const labels = new Map<object, Label>();
  const nameIt = (node: ESTree.Expression | null | undefined, name: string | undefined): void => {
    if (isFunction(node) && name !== undefined) labels.set(node, { name, isNamed: true });
  };
  const add = (node: FunctionNode): void => {
    if (node.body === null) return;
    const own = node.id?.name;
    const label = labels.get(node) ?? { name: own ?? '(callback)', isNamed: own !== undefined };
    const isSuite = tests.some(({ start }) => node.start < start && start < node.end);
    const line = lineOf(node.start);
    functions.push({ line, lines: lineOf(node.end) - line + 1, isSuite, ...label });
  };
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === 'Identifier') nameIt(init, id.name);
    },
    MethodDefinition: ({ key, value }) => nameIt(value, keyName(key)),
    PropertyDefinition: ({ key, value }) => nameIt(value, keyName(key)),
    Property({ key, value }) {
      if (isFunctionNode(value)) nameIt(value, keyName(key));
    },
    CallExpression({ callee, arguments: passed }) {
      const root = calleeRoot(callee) ?? 'call';
      for (const argument of passed)
        if (isFunction(argument))
          labels.set(argument, { name: `(callback of ${root})`, isNamed: false });
    },
    FunctionDeclaration: add,
    FunctionExpression: add,
    ArrowFunctionExpression: add,
  }).visit(program);
  return functions;
}

function isFunctionNode(node: { readonly type: string }): node is FunctionNode {
  return node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';
}
