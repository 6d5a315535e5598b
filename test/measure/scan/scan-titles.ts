import type { ESTree } from 'rolldown/utils';
import { Visitor } from 'rolldown/utils';
import type { TitleFact } from './facts.ts';
import type { Syntax } from './syntax.ts';
import { calleeRoot } from './syntax.ts';

const TEST_FUNCTIONS = ['describe', 'it', 'suite', 'test'];

/** Returns the literal titles of tests and suites. */
export function scanTitles(syntax: Syntax): TitleFact[] {
  return titleCalls(syntax).map(({ start, text }) => ({ line: syntax.lineOf(start), text }));
}

/** Returns the calls to declare a test or a suite; none outside tests and their support. */
export function titleCalls({
  path,
  program,
}: Syntax): { readonly start: number; readonly text: string }[] {
  const calls: { readonly start: number; readonly text: string }[] = [];
  const statements = new Set<ESTree.Expression>();
  if (!path.endsWith('.test.ts') && !path.startsWith('test/')) return calls;
  new Visitor({
    ExpressionStatement: ({ expression }) => void statements.add(expression),
    CallExpression(call) {
      const text = titleText(call.arguments[0]);
      const isKnown = TEST_FUNCTIONS.includes(calleeRoot(call.callee) ?? '');
      if (text !== undefined && (isKnown || (statements.has(call) && wrapsTest(call, text))))
        calls.push({ start: call.start, text });
    },
  }).visit(program);
  return calls;
}

/** True for `wrapper('some title', () => ...)`, which hands both to vitest. */
function wrapsTest({ callee, arguments: passed }: ESTree.CallExpression, text: string): boolean {
  const last = passed.at(-1);
  return (
    callee.type === 'Identifier' &&
    text.trim().includes(' ') &&
    (last?.type === 'ArrowFunctionExpression' || last?.type === 'FunctionExpression')
  );
}

function titleText(argument: ESTree.Argument | undefined): string | undefined {
  if (argument?.type === 'Literal' && typeof argument.value === 'string') return argument.value;
  if (argument?.type !== 'TemplateLiteral') return undefined;
  return argument.quasis.map(({ value }) => value.cooked ?? value.raw).join('…');
}
