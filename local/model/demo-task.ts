import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// A task of the demo, as the planner hands it out and as the agent works on it.

export type FileEdit = { readonly path: string; readonly old: string; readonly new: string };

export type DemoTask = {
  /** Other tasks name it by this; its id in a plan may be another. */
  readonly key: string;
  /** Found in the description and nowhere else: the task is known by it. */
  readonly phrase: RegExp;
  readonly ids: readonly string[];
  readonly titles: readonly string[];
  readonly description: string;
  readonly dependsOn: readonly string[];
  readonly scope: readonly string[];
  readonly criteria: readonly string[];
  readonly tier: 'light' | 'heavy' | 'auto';
  readonly estimate: number;
  /** Looked at before anything is written. */
  readonly reads: readonly string[];
  /** Folder under work/ with the files to write. */
  readonly work?: string;
  readonly edits: readonly FileEdit[];
  readonly changelog?: string;
  /** Files that replace some of `work` in the first attempt, and are wrong. */
  readonly firstTry?: { readonly work: string; readonly givesUp: string };
  readonly summary: string;
};

/** Path in the repository and content of each file under work/`name`. */
export function readWorkFiles(name: string): ReadonlyMap<string, string> {
  const folder = fileURLToPath(new URL(`./work/${name}/`, import.meta.url));
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((file) => `${file.parentPath}/${file.name}`.slice(folder.length));
  const clean = paths.map((path) => path.replace(/^\/+/, '')).sort();
  return new Map(clean.map((path) => [path, readFileSync(folder + path, 'utf8')]));
}
