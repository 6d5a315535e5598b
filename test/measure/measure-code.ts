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
  const isHeld = ({ path }: { readonly path: string }): boolean =>
    path === folder || path.startsWith(`${folder}/`);
  const held = files.filter(isHeld);
  return [
    ...measureLanguage(held),
    ...measureDocs(held),
    ...measureSize(held, FUNCTION_EXEMPTIONS.filter(isHeld)),
    measureNames(held),
  ];
}

/** Lists the places behind every broken bound, `id: path:line: text`; empty when all bounds hold. */
export function listOffences(measures: readonly Measure[]): string[] {
  return measures
    .filter(({ isBroken }) => isBroken)
    .flatMap(({ id, findings }) => findings.map((place) => `${id}: ${place}`));
}
