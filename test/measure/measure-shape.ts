import { dirname } from 'node:path';
import { LIMITS } from './limits.ts';
import type { Measure } from './measure.ts';
import { computeQuantile, computeRatio, formatFinding, formatShare } from './measure.ts';
import type { FileFacts } from './scan/facts.ts';

/** Measures full folders, tiny functions and the number of imports; these measures have no bounds. */
export function measureShape(files: readonly FileFacts[]): Measure[] {
  const source = files.filter(({ group }) => group === 'source');
  return [measureFullFolders(files), measureTinyFunctions(source), measureImports(source)];
}

function measureFullFolders(files: readonly FileFacts[]): Measure {
  const folders = Map.groupBy(files, ({ path }) => dirname(path));
  const fullFolders = [...folders].filter(
    ([, filesInFolder]) => filesInFolder.length > LIMITS.folderFiles,
  );
  return {
    id: 'full-folders',
    title: `folders with more than ${LIMITS.folderFiles} files`,
    value: String(fullFolders.length),
    isBroken: false,
    findings: fullFolders.map(
      ([folder, filesInFolder]) => `${folder}/: ${filesInFolder.length} files`,
    ),
  };
}

function measureTinyFunctions(source: readonly FileFacts[]): Measure {
  const importers = groupImporters(source);
  const exportedFunctions = source.flatMap((file) =>
    file.exports.filter(({ kind }) => kind === 'function').map((fact) => ({ file, fact })),
  );
  const tinyFunctions = exportedFunctions.filter(
    ({ file, fact }) =>
      fact.lines <= LIMITS.tinyFunctionLines &&
      importers.get(`${file.path} ${fact.name}`)?.size === 1,
  );
  return {
    id: 'tiny-functions',
    title: `exported functions of <= ${LIMITS.tinyFunctionLines} lines with one importer`,
    value: formatShare(tinyFunctions.length, exportedFunctions.length),
    isBroken: false,
    findings: tinyFunctions.map(({ file, fact }) => formatFinding(file, fact.line, fact.name)),
  };
}

/** Returns the paths of the files that import an export, by `<path> <name>` of the export. */
function groupImporters(source: readonly FileFacts[]): Map<string, Set<string>> {
  const importers = new Map<string, Set<string>>();
  for (const { path, imports } of source)
    for (const { target, names } of imports)
      for (const name of names) {
        const key = `${target} ${name}`;
        importers.set(key, (importers.get(key) ?? new Set()).add(path));
      }
  return importers;
}

function measureImports(source: readonly FileFacts[]): Measure {
  const counts = source.map(({ imports }) => new Set(imports.map(({ target }) => target)).size);
  const sum = counts.reduce((total, count) => total + count, 0);
  const mean = computeRatio(sum, counts.length).toFixed(1);
  return {
    id: 'imports',
    title: "imports of the project's files, per source file",
    value: `mean ${mean}, p90 ${computeQuantile(counts, 0.9)}, max ${computeQuantile(counts, 1)}`,
    isBroken: false,
    findings: [],
  };
}
