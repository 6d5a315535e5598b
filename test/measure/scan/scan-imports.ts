import { dirname, join, normalize } from 'node:path';
import type { ESTree } from 'rolldown/utils';
import { Visitor } from 'rolldown/utils';
import type { ImportFact } from './facts.ts';
import type { Syntax } from './syntax.ts';

/** Returns the imports of files of the project: static and dynamic imports, type imports and re-exports. */
export function scanImports({ path, program, lineOf }: Syntax): ImportFact[] {
  const imports: ImportFact[] = [];
  const addImport = (start: number, source: ESTree.Expression, names: readonly string[]): void => {
    if (source.type !== 'Literal' || typeof source.value !== 'string') return;
    if (!source.value.startsWith('.')) return;
    const target = normalize(join(dirname(path), source.value));
    imports.push({ line: lineOf(start), target, names });
  };
  new Visitor({
    ImportDeclaration({ start, source, specifiers }) {
      const names = specifiers.map((specifier) =>
        specifier.type === 'ImportSpecifier' ? getExportedName(specifier.imported) : '*',
      );
      addImport(start, source, names);
    },
    ExportNamedDeclaration({ start, source, specifiers }) {
      const names = specifiers.map(({ local }) => getExportedName(local));
      if (source !== null) addImport(start, source, names);
    },
    ExportAllDeclaration: ({ start, source }) => addImport(start, source, ['*']),
    ImportExpression: ({ start, source }) => addImport(start, source, ['*']),
    TSImportType: ({ start, source }) => addImport(start, source, ['*']),
  }).visit(program);
  return imports;
}

function getExportedName(name: ESTree.ModuleExportName): string {
  return name.type === 'Literal' ? name.value : name.name;
}
