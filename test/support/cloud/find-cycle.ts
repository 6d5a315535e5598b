import type { Resource } from './cloud-template.ts';
import { findReferences } from './cloud-template.ts';

/** Returns a cycle of references between resources as `a -> b -> a`; undefined if there is none. */
export function findCycle(resources: readonly Resource[]): string | undefined {
  const references = new Map(
    resources.map(({ logicalId, Properties, DependsOn }) => [
      logicalId,
      [...findReferences(Properties), ...[DependsOn].flat()],
    ]),
  );
  const visited = new Set<string>();
  const visit = (id: string, path: readonly string[]): string | undefined => {
    if (path.includes(id)) return [...path, id].join(' -> ');
    if (visited.has(id)) return undefined;
    for (const target of references.get(id) ?? []) {
      const cycle = visit(target, [...path, id]);
      if (cycle !== undefined) return cycle;
    }
    visited.add(id);
    return undefined;
  };
  for (const { logicalId } of resources) {
    const cycle = visit(logicalId, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
