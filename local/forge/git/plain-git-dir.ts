import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// A merge driver is a program that the attributes and the configuration of a repository name. Git has no option that turns all drivers
// off, so a merge reads the objects of the repository through another git directory, which names no driver.

/** Creates the git directory without settings and attributes; safe to repeat. */
export function createPlainGitDir(gitDir: string): void {
  mkdirSync(join(gitDir, 'objects'), { recursive: true });
  mkdirSync(join(gitDir, 'refs'), { recursive: true });
  writeFileSync(join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
  writeFileSync(join(gitDir, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n');
}

/** Returns the variables with which git reads and writes the objects of `gitDir`. */
export function selectObjectsOf(gitDir: string): Record<string, string> {
  return { GIT_OBJECT_DIRECTORY: join(gitDir, 'objects') };
}
