import { taskIdSchema } from '../contract/id.ts';
import { quoteText } from '../graph/check/graph-problem.ts';

/** Outcome of normalising the ids of a model's tasks. */
export type NormalisedIds = {
  /** Normalised ids in the order of the given ids; undefined for an invalid id. */
  readonly ids: (string | undefined)[];
  /** Normalises an entry of `dependsOn`: prefers the task with exactly this raw id; undefined for an invalid entry. */
  readonly resolveDependency: (rawId: string) => string | undefined;
  readonly problems: string[];
};

/**
 * Rewrites ids in another convention (`Add_Login`, `addLogin`, `1`) to kebab-case. Invalid characters, excessive length and different
 * ids with the same kebab-case form are problems. Tasks with exactly the same id are left to the validation of the graph.
 */
export function normaliseIds(rawIds: readonly string[]): NormalisedIds {
  const problems: string[] = [];
  const idByRawId = new Map<string, string>();
  const rawIdById = new Map<string, string>();
  const ids = rawIds.map((raw) => {
    const id = toKebabCase(raw);
    if (id === undefined) {
      problems.push(
        `${quoteText(raw)} is not a valid task id: write a lower-case letter, then up to 39 lower-case letters, digits or hyphens`,
      );
      return undefined;
    }
    const otherRaw = rawIdById.get(id);
    if (otherRaw !== undefined && otherRaw !== raw) {
      problems.push(
        `the ids ${quoteText(otherRaw)} and ${quoteText(raw)} both become ${id}; rename one of them`,
      );
    }
    rawIdById.set(id, otherRaw ?? raw);
    idByRawId.set(raw, id);
    return id;
  });
  return { ids, problems, resolveDependency: (raw) => idByRawId.get(raw) ?? toKebabCase(raw) };
}

function toKebabCase(raw: string): string | undefined {
  // Models also number their tasks, but an id begins with a letter.
  const trimmed = raw.trim().replace(/^(?=\d)/, 'task-');
  if (!/^[A-Za-z][A-Za-z0-9_ .-]{0,79}$/.test(trimmed)) return undefined;
  const kebab = trimmed
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');
  return taskIdSchema.safeParse(kebab).success ? kebab : undefined;
}
