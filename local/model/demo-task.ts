import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// A task of the demo: the planner's description and the agent's prepared work.

/** Replacement of a text in a file. */
export type FileEdit = { readonly path: string; readonly old: string; readonly new: string };

/** A task of the demo. */
export type DemoTask = {
  /** Names the task in `dependsOn` of other tasks; its id in a plan is chosen from `ids`. */
  readonly key: string;
  /** Matches only this task's description. */
  readonly phrase: RegExp;
  /** Possible ids of the task in a plan. */
  readonly ids: readonly string[];
  /** Possible titles of the task in a plan. */
  readonly titles: readonly string[];
  readonly description: string;
  readonly dependsOn: readonly string[];
  readonly scope: readonly string[];
  readonly criteria: readonly string[];
  readonly tier: 'light' | 'heavy' | 'auto';
  /** Estimated minutes of work. */
  readonly estimate: number;
  /** Files that the agent reads before it writes. */
  readonly reads: readonly string[];
  /** Folder below work/ with the files that the agent writes. */
  readonly work?: string;
  readonly edits: readonly FileEdit[];
  /** Line that the agent adds to CHANGELOG.md. */
  readonly changelog?: string;
  /** Folder below work/ with the defective files of the first attempt, and the reason with which the agent then gives up. */
  readonly firstTry?: { readonly work: string; readonly giveUpReason: string };
  /** Final answer of the agent. */
  readonly summary: string;
};

/** Reads the files in the folder work/`name`. Returns the content by path in the repository. */
export function readWorkFiles(name: string): ReadonlyMap<string, string> {
  const folder = fileURLToPath(new URL(`./work/${name}/`, import.meta.url));
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((file) => `${file.parentPath}/${file.name}`.slice(folder.length));
  const relativePaths = paths.map((path) => path.replace(/^\/+/, '')).sort();
  return new Map(relativePaths.map((path) => [path, readFileSync(folder + path, 'utf8')]));
}
