import type { Layering } from './layers.ts';
import { LAYERINGS } from './layers.ts';
import type { Measure } from './measure.ts';
import { countMeasure, finding } from './measure.ts';
import type { FileFacts, ImportFact } from './scan/facts.ts';

/** Measures the imports against the order of the layers. Tests beside the code are free to use the test support. */
export function measureLayers(
  files: readonly FileFacts[],
  layerings: readonly Layering[] = LAYERINGS,
): Measure[] {
  const code = files.filter(({ isTest }) => !isTest);
  const imports = layerings.flatMap((layering) =>
    code.flatMap((file) => file.imports.flatMap((edge) => upward(file, edge, layering))),
  );
  const paths = layerings.flatMap((layering) => [
    ...unlisted(code, layering),
    ...unused(code, layering),
  ]);
  return [
    countMeasure('layers', 'imports from a lower to a higher layer', imports),
    countMeasure('layer-table', 'differences between paths and the table of layers', paths),
  ];
}

function upward(file: FileFacts, { target, line }: ImportFact, layering: Layering): string[] {
  const from = childOf(file.path, layering);
  const to = childOf(target, layering);
  if (from === undefined || to === undefined) return [];
  const [lower, higher] = [levelOf(from, layering), levelOf(to, layering)];
  if (lower < 0 || higher <= lower) return [];
  return [finding(file, line, `${from} is below ${to} and imports ${target}`)];
}

/** Files directly in a parent are reported by name, folders once. */
function unlisted(code: readonly FileFacts[], layering: Layering): string[] {
  const children = new Set(code.flatMap(({ path }) => childOf(path, layering) ?? []));
  return [...children]
    .filter((child) => levelOf(child, layering) < 0)
    .map((child) => `${pathOf(child, layering)}: no layer in test/measure/layers.ts lists it`);
}

/** Names in the table without a path; an imported path such as `package.json` is enough. */
function unused(code: readonly FileFacts[], layering: Layering): string[] {
  const paths = code.flatMap(({ path, imports }) => [path, ...imports.map(({ target }) => target)]);
  const present = new Set(paths.flatMap((path) => childOf(path, layering) ?? []));
  return layering.layers
    .flat()
    .filter((child) => !present.has(child))
    .map((child) => `${pathOf(child, layering)}: listed in test/measure/layers.ts and not present`);
}

function levelOf(child: string, { layers }: Layering): number {
  return layers.findIndex((layer) => layer.includes(child));
}

/** Returns the folder or file below the parent that holds the path; undefined for a path elsewhere. */
function childOf(path: string, { parent }: Layering): string | undefined {
  const prefix = parent === '' ? '' : `${parent}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length).split('/')[0] : undefined;
}

function pathOf(child: string, { parent }: Layering): string {
  return parent === '' ? child : `${parent}/${child}`;
}
