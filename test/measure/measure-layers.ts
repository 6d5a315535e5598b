import type { Layering } from './layers.ts';
import { LAYERINGS } from './layers.ts';
import type { Measure } from './measure.ts';
import { createCountMeasure, formatFinding } from './measure.ts';
import type { FileFacts, ImportFact } from './scan/facts.ts';

/** Measures the imports against the order of the layers. Test files may import from any layer. */
export function measureLayers(
  files: readonly FileFacts[],
  layerings: readonly Layering[] = LAYERINGS,
): Measure[] {
  const code = files.filter(({ isTest }) => !isTest);
  const imports = layerings.flatMap((layering) =>
    code.flatMap((file) => file.imports.flatMap((edge) => findUpwardImport(file, edge, layering))),
  );
  const paths = layerings.flatMap((layering) => [
    ...findUnlistedChildren(code, layering),
    ...findAbsentChildren(code, layering),
  ]);
  return [
    createCountMeasure('layers', 'imports from a lower to a higher layer', imports),
    createCountMeasure('layer-table', 'differences between paths and the table of layers', paths),
  ];
}

function findUpwardImport(
  file: FileFacts,
  { target, line }: ImportFact,
  layering: Layering,
): string[] {
  const from = getChild(file.path, layering);
  const to = getChild(target, layering);
  if (from === undefined || to === undefined) return [];
  const [lower, higher] = [getLayerIndex(from, layering), getLayerIndex(to, layering)];
  if (lower < 0 || higher <= lower) return [];
  return [formatFinding(file, line, `${from} is below ${to} and imports ${target}`)];
}

/** Lists each file and folder of a parent that no layer contains. */
function findUnlistedChildren(code: readonly FileFacts[], layering: Layering): string[] {
  const children = new Set(code.flatMap(({ path }) => getChild(path, layering) ?? []));
  return [...children]
    .filter((child) => getLayerIndex(child, layering) < 0)
    .map(
      (child) =>
        `${getChildPath(child, layering)}: not listed in test/measure/layers.ts; add it to a layer`,
    );
}

/** Lists the names of layers that do not exist. An imported file such as `package.json` exists. */
function findAbsentChildren(code: readonly FileFacts[], layering: Layering): string[] {
  const paths = code.flatMap(({ path, imports }) => [path, ...imports.map(({ target }) => target)]);
  const present = new Set(paths.flatMap((path) => getChild(path, layering) ?? []));
  return layering.layers
    .flat()
    .filter((child) => !present.has(child))
    .map(
      (child) =>
        `${getChildPath(child, layering)}: listed in test/measure/layers.ts, but does not exist; remove it`,
    );
}

function getLayerIndex(child: string, { layers }: Layering): number {
  return layers.findIndex((layer) => layer.includes(child));
}

/** Returns the folder or file below the parent that holds the path; undefined for a path elsewhere. */
function getChild(path: string, { parent }: Layering): string | undefined {
  const prefix = parent === '' ? '' : `${parent}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length).split('/')[0] : undefined;
}

function getChildPath(child: string, { parent }: Layering): string {
  return parent === '' ? child : `${parent}/${child}`;
}
