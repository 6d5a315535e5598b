import type { LayerOrder } from './layers.ts';
import { LAYER_ORDERS } from './layers.ts';
import type { Measure } from './measure.ts';
import { createCountMeasure, formatFinding } from './measure.ts';
import type { FileFacts, ImportFact } from './scan/facts.ts';

/**
 * Measures imports from a lower to a higher layer, and differences between the table of layers and the files. Test files may import
 * from any layer.
 */
export function measureLayers(
  files: readonly FileFacts[],
  layerOrders: readonly LayerOrder[] = LAYER_ORDERS,
): Measure[] {
  const codeFiles = files.filter(({ isTest }) => !isTest);
  const imports = layerOrders.flatMap((layerOrder) =>
    codeFiles.flatMap((file) =>
      file.imports.flatMap((edge) => findUpwardImport(file, edge, layerOrder)),
    ),
  );
  const tableDifferences = layerOrders.flatMap((layerOrder) => [
    ...findUnlistedChildren(codeFiles, layerOrder),
    ...findAbsentChildren(codeFiles, layerOrder),
  ]);
  return [
    createCountMeasure('layers', 'imports from a lower to a higher layer', imports),
    createCountMeasure(
      'layer-table',
      'differences between paths and the table of layers',
      tableDifferences,
    ),
  ];
}

function findUpwardImport(
  file: FileFacts,
  { target, line }: ImportFact,
  layerOrder: LayerOrder,
): string[] {
  const from = getChild(file.path, layerOrder);
  const to = getChild(target, layerOrder);
  if (from === undefined || to === undefined) return [];
  const [lower, higher] = [getLayerIndex(from, layerOrder), getLayerIndex(to, layerOrder)];
  if (lower < 0 || higher <= lower) return [];
  return [formatFinding(file, line, `${from} is below ${to} and imports ${target}`)];
}

/** Lists the files and folders in the parent that no layer lists. */
function findUnlistedChildren(codeFiles: readonly FileFacts[], layerOrder: LayerOrder): string[] {
  const children = new Set(codeFiles.flatMap(({ path }) => getChild(path, layerOrder) ?? []));
  return [...children]
    .filter((child) => getLayerIndex(child, layerOrder) < 0)
    .map(
      (child) =>
        `${getChildPath(child, layerOrder)}: not listed in test/measure/layers.ts; add it to a layer`,
    );
}

/** Lists the names in layers for which no file or folder exists. Imported files such as `package.json`, which are not scanned, exist. */
function findAbsentChildren(codeFiles: readonly FileFacts[], layerOrder: LayerOrder): string[] {
  const paths = codeFiles.flatMap(({ path, imports }) => [
    path,
    ...imports.map(({ target }) => target),
  ]);
  const existing = new Set(paths.flatMap((path) => getChild(path, layerOrder) ?? []));
  return layerOrder.layers
    .flat()
    .filter((child) => !existing.has(child))
    .map(
      (child) =>
        `${getChildPath(child, layerOrder)}: listed in test/measure/layers.ts, but does not exist; remove it`,
    );
}

function getLayerIndex(child: string, { layers }: LayerOrder): number {
  return layers.findIndex((layer) => layer.includes(child));
}

/** Returns the name of the file or folder in the parent to which the path belongs; undefined for a path outside the parent. */
function getChild(path: string, { parent }: LayerOrder): string | undefined {
  const prefix = parent === '' ? '' : `${parent}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length).split('/')[0] : undefined;
}

function getChildPath(child: string, { parent }: LayerOrder): string {
  return parent === '' ? child : `${parent}/${child}`;
}
