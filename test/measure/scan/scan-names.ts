import { basename } from 'node:path';
import type { ESTree } from 'rolldown/utils';
import { Visitor } from 'rolldown/utils';
import type { NameFact } from './facts.ts';
import type { Syntax } from './syntax.ts';
import { getKeyName, isFunction } from './syntax.ts';

type Pattern = ESTree.BindingPattern | ESTree.ParamPattern | ESTree.BindingRestElement;

/** Methods of zod whose first argument declares the members of a type. */
const SCHEMA_METHODS = ['object', 'strictObject', 'looseObject', 'extend', 'safeExtend'];

/** Returns the declared names. Keys of an object literal count only in schemas of zod; elsewhere the type of the object declares them. */
export function scanNames({ path, program, lineOf }: Syntax): NameFact[] {
  const names: NameFact[] = [{ line: 1, name: basename(path).replace(/\..*$/, ''), kind: 'other' }];
  const add = (name: string | undefined, start: number, kind: NameFact['kind'] = 'other'): void => {
    if (name !== undefined) names.push({ line: lineOf(start), name, kind });
  };
  const addPattern = (pattern: Pattern): void => {
    for (const { name, start } of listBoundNames(pattern)) add(name, start);
  };
  const addMember = ({
    key,
    start,
  }: {
    readonly key: ESTree.PropertyKey;
    readonly start: number;
  }): void => add(getKeyName(key), start);
  const addType = ({ id }: { readonly id: ESTree.BindingIdentifier }): void =>
    add(id.name, id.start);
  const addParams = ({ params }: { readonly params: readonly Pattern[] }): void =>
    params.forEach(addPattern);
  const addFunction = (node: ESTree.Function): void => {
    add(node.id?.name, node.start, 'function');
    addParams(node);
  };
  const addClass = ({ id, start }: ESTree.Class): void => add(id?.name, start);
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === 'Identifier' && isFunction(init)) add(id.name, id.start, 'function');
      else addPattern(id);
    },
    FunctionDeclaration: addFunction,
    FunctionExpression: addFunction,
    TSDeclareFunction: addFunction,
    ArrowFunctionExpression: addParams,
    TSFunctionType: addParams,
    ClassDeclaration: addClass,
    ClassExpression: addClass,
    TSTypeAliasDeclaration: addType,
    TSInterfaceDeclaration: addType,
    TSEnumDeclaration: addType,
    TSPropertySignature: addMember,
    TSMethodSignature({ key, start, params }) {
      add(getKeyName(key), start, 'function');
      addParams({ params });
    },
    PropertyDefinition: addMember,
    MethodDefinition: ({ key, start }) => add(getKeyName(key), start, 'function'),
    CatchClause({ param }) {
      if (param !== null) addPattern(param);
    },
    ImportSpecifier({ imported, local }) {
      if (imported.type === 'Identifier' && imported.name !== local.name)
        add(local.name, local.start);
    },
    CallExpression({ callee, arguments: passed }) {
      for (const property of listSchemaKeys(callee, passed[0])) addMember(property);
    },
  }).visit(program);
  return names;
}

function listBoundNames(pattern: Pattern): { readonly name: string; readonly start: number }[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern];
    case 'AssignmentPattern':
      return listBoundNames(pattern.left);
    case 'RestElement':
      return listBoundNames(pattern.argument);
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) =>
        element === null ? [] : listBoundNames(element),
      );
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        listBoundNames(property.type === 'Property' ? property.value : property),
      );
    default:
      return listBoundNames(pattern.parameter);
  }
}

function listSchemaKeys(
  callee: ESTree.Expression,
  argument: ESTree.Argument | undefined,
): ESTree.ObjectProperty[] {
  if (callee.type !== 'MemberExpression' || argument?.type !== 'ObjectExpression') return [];
  if (callee.property.type !== 'Identifier') return [];
  if (!SCHEMA_METHODS.includes(callee.property.name)) return [];
  return argument.properties.flatMap((property) =>
    property.type === 'Property' ? [property] : [],
  );
}
