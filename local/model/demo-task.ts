import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Replacement of a text in a file. */
export type FileEdit = { readonly path: string; readonly old: string; readonly new: string };

/** A task of the demo: the fields of the task in the scripted plan, and the prepared work of the agent. */
export type DemoTask = {
  /** Name of the task in this code and in `dependsOn`. A plan uses an id from `ids` instead. */
  readonly key: string;
  /** Matches the description of this task and of no other task. */
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
  /** Edits of existing files. */
  readonly edits: readonly FileEdit[];
  /** Line that the agent adds to CHANGELOG.md. */
  readonly changelog?: string;
  /** Files of a defective first attempt (folder below work/), and the reason for which the agent then gives up. */
  readonly firstTry?: { readonly work: string; readonly giveUpReason: string };
  /** Final answer of the agent. */
  readonly summary: string;
};

/** Returns the content of each file in the folder work/`name`, by the path of the file in the repository. */
export function readWorkFiles(name: string): ReadonlyMap<string, string> {
  const folder = fileURLToPath(new URL(`./work/${name}/`, import.meta.url));
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((file) => `${file.parentPath}/${file.name}`.slice(folder.length));
  const relativePaths = paths.map((path) => path.replace(/^\/+/, '')).sort();
  return new Map(relativePaths.map((path) => [path, readFileSync(folder + path, 'utf8')]));
}
