import { scopeContains } from '../../graph/scope/scope.ts';

/**
 * Whether evidence on `evidenceRoot` still speaks for a merge into `root`: it does while what root has gained meets
 * neither what the task changed nor a shared path. `strict`: only the very same root will do.
 */
export function evidenceCoversRoot(input: {
  readonly evidenceRoot: string;
  readonly root: string;
  readonly strict: boolean;
  readonly gained: readonly string[];
  readonly changed: readonly string[];
  readonly shared: readonly string[];
}): boolean {
  if (input.evidenceRoot === input.root) return true;
  if (input.strict) return false;
  const changed = new Set(input.changed);
  if (input.gained.some((path) => changed.has(path))) return false;
  return !input.gained.some((path) => scopeContains(input.shared, path));
}
