import { taskIdSchema } from '../contract/id.ts';
import { quoteText } from '../graph/check/graph-problem.ts';

export type NormalisedIds = {
  /** The id for each position; undefined where it cannot be used. */
  readonly ids: (string | undefined)[];
  /** What a `dependsOn` means: by the id as written, else by what it normalises to. */
  readonly resolve: (written: string) => string | undefined;
  readonly problems: string[];
};

/**
 * Ids that are merely not kebab-case (`Add_Login`, `addLogin`) are rewritten, alike wherever they are named. Nothing is
 * guessed: other characters, too much length, or two ids that become one are problems. Equal ids are left for the
 * validation of the graph, which counts them.
 */
export function normaliseIds(written: readonly string[]): NormalisedIds {
  const problems: string[] = [];
  const byWritten = new Map<string, string>();
  const owners = new Map<string, string>();
  const ids = written.map((raw) => {
    const id = toKebabCase(raw);
    if (id === undefined) {
      problems.push(
        `the id ${quoteText(raw)} cannot be used: write a lower-case letter, then up to 39 lower-case letters, digits or hyphens`,
      );
      return undefined;
    }
    const owner = owners.get(id);
    if (owner !== undefined && owner !== raw) {
      problems.push(
        `the ids ${quoteText(owner)} and ${quoteText(raw)} both become ${id}; rename one`,
      );
    }
    owners.set(id, owner ?? raw);
    byWritten.set(raw, id);
    return id;
  });
  return { ids, problems, resolve: (raw) => byWritten.get(raw) ?? toKebabCase(raw) };
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
