import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// A task of the demo: the planner's description and the agent's prepared work.

/** Replacement of a text in a file. */
export type FileEdit = { readonly path: string; readonly old: string; readonly new: string };

/** A task of the demo. */
export type DemoTask = {
  /** Identifies the task in `dependsOn`; the id in a plan may differ. */
  readonly key: string;
  /** Matches only this task's description. */
  readonly phrase: RegExp;
  /** Possible ids in a plan; `titles` likewise. */
  readonly ids: readonly string[];
  readonly titles: readonly string[];
  readonly description: string;
  readonly dependsOn: readonly string[];
  readonly scope: readonly string[];
  readonly criteria: readonly string[];
  readonly tier: 'light' | 'heavy' | 'auto';
  /** Minutes. */
  readonly estimate: number;
  /** Files to read before any write. */
  readonly reads: readonly string[];
  /** Folder below work/ with the files to write. */
  readonly work?: string;
  readonly edits: readonly FileEdit[];
  readonly changelog?: string;
  /** Folder with defective files for the first attempt, and the reason why the agent gives up. */
  readonly firstTry?: { readonly work: string; readonly givesUp: string };
  readonly summary: string;
};

/** Reads the files below work/`name`: content by path in the repository. */
export function readWorkFiles(name: string): ReadonlyMap<string, string> {
  const folder = fileURLToPath(new URL(`./work/${name}/`, import.meta.url));
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((file) => `${file.parentPath}/${file.name}`.slice(folder.length));
  const relativePaths = paths.map((path) => path.replace(/^\/+/, '')).sort();
  return new Map(relativePaths.map((path) => [path, readFileSync(folder + path, 'utf8')]));
}
