import type { ESTree } from 'rolldown/utils';
import { Visitor } from 'rolldown/utils';
import type { TitleFact } from './facts.ts';
import type { Syntax } from './syntax.ts';
import { getCalleeRoot } from './syntax.ts';

const TEST_FUNCTIONS = ['describe', 'it', 'suite', 'test'];

/** Returns the titles of tests and suites that are literals or templates. */
export function scanTitles(syntax: Syntax): TitleFact[] {
  return findTitleCalls(syntax).map(({ start, text }) => ({ line: syntax.lineOf(start), text }));
}

/** Returns the calls that declare a test or a suite; always empty for files outside `test/` that are not tests. */
export function findTitleCalls({
  path,
  program,
}: Syntax): { readonly start: number; readonly text: string }[] {
  const calls: { readonly start: number; readonly text: string }[] = [];
  const statements = new Set<ESTree.Expression>();
  if (!path.endsWith('.test.ts') && !path.startsWith('test/')) return calls;
  new Visitor({
    ExpressionStatement: ({ expression }) => void statements.add(expression),
    CallExpression(call) {
      const text = getTitleText(call.arguments[0]);
      const isKnown = TEST_FUNCTIONS.includes(getCalleeRoot(call.callee) ?? '');
      if (
        text !== undefined &&
        (isKnown || (statements.has(call) && looksLikeTestWrapper(call, text)))
      )
        calls.push({ start: call.start, text });
    },
  }).visit(program);
  return calls;
}

/**
 * Returns true for a call of the form `wrapper('some title', () => ...)`. In test files, such a wrapper usually passes both arguments to
 * vitest.
 */
function looksLikeTestWrapper(
  { callee, arguments: passed }: ESTree.CallExpression,
  text: string,
): boolean {
  const last = passed.at(-1);
  return (
    callee.type === 'Identifier' &&
    text.trim().includes(' ') &&
    (last?.type === 'ArrowFunctionExpression' || last?.type === 'FunctionExpression')
  );
}

function getTitleText(argument: ESTree.Argument | undefined): string | undefined {
  if (argument?.type === 'Literal' && typeof argument.value === 'string') return argument.value;
  if (argument?.type !== 'TemplateLiteral') return undefined;
  return argument.quasis.map(({ value }) => value.cooked ?? value.raw).join('…');
}
