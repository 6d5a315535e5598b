import { dirname, join, normalize } from 'node:path';
import type { ESTree } from 'rolldown/utils';
import { Visitor } from 'rolldown/utils';
import type { ImportFact } from './facts.ts';
import type { Syntax } from './syntax.ts';

/** Returns the imports of the project's own files: static, dynamic, by type and by re-export. */
export function scanImports({ path, program, lineOf }: Syntax): ImportFact[] {
  const imports: ImportFact[] = [];
  const add = (start: number, source: ESTree.Expression, names: readonly string[]): void => {
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
      add(start, source, names);
    },
    ExportNamedDeclaration({ start, source, specifiers }) {
      const names = specifiers.map(({ local }) => getExportedName(local));
      if (source !== null) add(start, source, names);
    },
    ExportAllDeclaration: ({ start, source }) => add(start, source, ['*']),
    ImportExpression: ({ start, source }) => add(start, source, ['*']),
    TSImportType: ({ start, source }) => add(start, source, ['*']),
  }).visit(program);
  return imports;
}

function getExportedName(name: ESTree.ModuleExportName): string {
  return name.type === 'Literal' ? name.value : name.name;
}
