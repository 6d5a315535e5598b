import { taskIdSchema } from '../contract/id.ts';
import { quoteText } from '../graph/check/graph-problem.ts';

/** Outcome of normalising the ids of a model's tasks. */
export type NormalisedIds = {
  /** Normalised id per position; undefined for an invalid id. */
  readonly ids: (string | undefined)[];
  /** Resolves an entry of `dependsOn`: the task with exactly this id, else the normalised entry. */
  readonly resolve: (rawId: string) => string | undefined;
  readonly problems: string[];
};

/**
 * Rewrites ids in another convention (`Add_Login`, `addLogin`) to kebab-case. Other characters, excessive length and two ids
 * with the same kebab-case form are problems. Equal ids are left to the validation of the graph, which counts equal ids.
 */
export function normaliseIds(rawIds: readonly string[]): NormalisedIds {
  const problems: string[] = [];
  const idByRawId = new Map<string, string>();
  const owners = new Map<string, string>();
  const ids = rawIds.map((raw) => {
    const id = toKebabCase(raw);
    if (id === undefined) {
      problems.push(
        `${quoteText(raw)} is not a valid task id: write a lower-case letter, then up to 39 lower-case letters, digits or hyphens`,
      );
      return undefined;
    }
    const owner = owners.get(id);
    if (owner !== undefined && owner !== raw) {
      problems.push(
        `the ids ${quoteText(owner)} and ${quoteText(raw)} both become ${id}; rename one of them`,
      );
    }
    owners.set(id, owner ?? raw);
    idByRawId.set(raw, id);
    return id;
  });
  return { ids, problems, resolve: (raw) => idByRawId.get(raw) ?? toKebabCase(raw) };
}

function toKebabCase(raw: string): string | undefined {
  const trimmed = raw.trim();
  if (!/^[A-Za-z][A-Za-z0-9_ .-]{0,79}$/.test(trimmed)) return undefined;
  const kebab = trimmed
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');
  return taskIdSchema.safeParse(kebab).success ? kebab : undefined;
}
