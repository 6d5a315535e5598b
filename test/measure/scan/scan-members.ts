import type { ESTree } from 'rolldown/utils';
import { Visitor } from 'rolldown/utils';
import type { MemberFact } from './facts.ts';
import type { Syntax } from './syntax.ts';
import { getKeyName } from './syntax.ts';

type Range = { readonly start: number; readonly end: number };

/** Returns `private` members of classes, and members of types without `readonly`. Types of local variables do not count. */
export function scanMembers({ program, lineOf }: Syntax): MemberFact[] {
  const members: (MemberFact & { readonly start: number })[] = [];
  const localTypes: Range[] = [];
  let type = '';
  let functionDepth = 0;
  const addMember = (key: ESTree.PropertyKey, start: number, kind: MemberFact['kind']): void => {
    members.push({ line: lineOf(start), type, name: getKeyName(key) ?? '', kind, start });
  };
  const enterFunction = (): void => {
    functionDepth += 1;
  };
  const exitFunction = (): void => {
    functionDepth -= 1;
  };
  const enterType = ({ id }: { readonly id: { readonly name: string } }): void => {
    type = id.name;
  };
  const exitType = (): void => {
    type = '';
  };
  new Visitor({
    FunctionDeclaration: enterFunction,
    'FunctionDeclaration:exit': exitFunction,
    FunctionExpression: enterFunction,
    'FunctionExpression:exit': exitFunction,
    ArrowFunctionExpression: enterFunction,
    'ArrowFunctionExpression:exit': exitFunction,
    TSTypeAliasDeclaration: enterType,
    'TSTypeAliasDeclaration:exit': exitType,
    TSInterfaceDeclaration: enterType,
    'TSInterfaceDeclaration:exit': exitType,
    VariableDeclarator({ id }) {
      if (functionDepth > 0 && id.typeAnnotation) localTypes.push(id.typeAnnotation);
    },
    TSPropertySignature({ key, start, readonly }) {
      if (readonly) return;
      addMember(key, start, 'mutable');
    },
    PropertyDefinition({ key, start, accessibility }) {
      if (accessibility !== 'private') return;
      addMember(key, start, 'private');
    },
    MethodDefinition({ key, kind, start, accessibility }) {
      // A private constructor cannot be written with `#`.
      if (accessibility !== 'private' || kind === 'constructor') return;
      addMember(key, start, 'private');
    },
  }).visit(program);
  return members
    .filter(({ start }) => !localTypes.some((range) => range.start <= start && start < range.end))
    .map(({ start: _, ...member }) => member);
}
