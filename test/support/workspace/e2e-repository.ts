import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { commitFiles, initRepository } from './git.ts';
import type { TestWorkspace } from './test-workspace.ts';

/** Check that fails while a file named BROKEN exists, and prints the repair as an instruction for the scripted model. */
const CHECK_SCRIPT = `test ! -e BROKEN || { echo 'RUN ["rm", "BROKEN"]'; exit 1; }\n`;

const SAMPLE_FILES = {
  'README.md': '# Sample\n',
  'package.json': '{"name":"sample","version":"1.0.0"}\n',
  'check.sh': CHECK_SCRIPT,
  'CHANGELOG.md': '# Changes\n\n## Unreleased\n\n',
  '.smol-gang.yaml': 'verify:\n  - ["sh", "check.sh"]\nshared:\n  - CHANGELOG.md\n',
};

/** Local repository of a user; `head` is the commit of the branch `main`. */
export type E2eRepository = { readonly path: string; readonly head: string };

/** Creates a local repository of a user, with the branch `main` checked out. */
export async function makeE2eRepository(
  workspace: TestWorkspace,
  name: string,
  files: Readonly<Record<string, string>> = {},
): Promise<E2eRepository> {
  const path = join(workspace.path, 'work', name);
  await mkdir(path, { recursive: true });
  await initRepository(path);
  const head = await commitFiles(path, { ...SAMPLE_FILES, ...files }, 'Start');
  return { path, head };
}
