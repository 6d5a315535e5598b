import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { commitFiles, initRepository } from './git.ts';
import type { TestWorkspace } from './test-workspace.ts';

/** Red while a file named BROKEN is there, and says what mends it in the words of the scripted model. */
const CHECK_SCRIPT = `test ! -e BROKEN || { echo 'RUN ["rm", "BROKEN"]'; exit 1; }\n`;

const SAMPLE_FILES = {
  'README.md': '# Sample\n',
  'package.json': '{"name":"sample","version":"1.0.0"}\n',
  'check.sh': CHECK_SCRIPT,
  'CHANGELOG.md': '# Changes\n\n## Unreleased\n\n',
  '.smol-gang.yaml': 'verify:\n  - ["sh", "check.sh"]\nshared:\n  - CHANGELOG.md\n',
};

export type E2eRepository = { readonly path: string; readonly head: string };

/** A repository of a person, on its branch `main`. */
export async function makeE2eRepository(
  ground: TestWorkspace,
  name: string,
  files: Readonly<Record<string, string>> = {},
): Promise<E2eRepository> {
  const path = join(ground.path, 'work', name);
  await mkdir(path, { recursive: true });
  await initRepository(path);
  const head = await commitFiles(path, { ...SAMPLE_FILES, ...files }, 'Start');
  return { path, head };
}
