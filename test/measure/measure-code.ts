import { FUNCTION_EXEMPTIONS } from './limits.ts';
import type { Measure } from './measure.ts';
import { measureDialect } from './measure-dialect.ts';
import { measureDocs } from './measure-docs.ts';
import { measureLanguage } from './measure-language.ts';
import { measureLayers } from './measure-layers.ts';
import { measureNames } from './measure-names.ts';
import { measureShape } from './measure-shape.ts';
import { measureSize } from './measure-size.ts';
import type { FileFacts } from './scan/facts.ts';

/** Takes all measures of the project's files. */
export function measureCode(files: readonly FileFacts[]): Measure[] {
  return [
    ...measureLanguage(files),
    ...measureDocs(files),
    ...measureLayers(files),
    ...measureSize(files),
    measureNames(files),
    ...measureDialect(files),
    ...measureShape(files),
  ];
}

/** Takes the measures of a folder that do not depend on files outside the folder. */
export function measureFolder(files: readonly FileFacts[], folder: string): Measure[] {
  const isInFolder = ({ path }: { readonly path: string }): boolean =>
    path === folder || path.startsWith(`${folder}/`);
  const filesInFolder = files.filter(isInFolder);
  return [
    ...measureLanguage(filesInFolder),
    ...measureDocs(filesInFolder),
    ...measureSize(filesInFolder, FUNCTION_EXEMPTIONS.filter(isInFolder)),
    measureNames(filesInFolder),
  ];
}

/** Lists the findings of all measures with a broken bound, each as `<measure>: <path>:<line>: <text>`. */
export function listOffences(measures: readonly Measure[]): string[] {
  return measures
    .filter(({ isBroken }) => isBroken)
    .flatMap(({ id, findings }) => findings.map((finding) => `${id}: ${finding}`));
}
