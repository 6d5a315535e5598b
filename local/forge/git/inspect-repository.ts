import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { formatGit } from '../../../core/base/quote-shell.ts';
import type { ConfigEntry } from './parse-config.ts';
import { parseConfig } from './parse-config.ts';

/** Format of a repository that the platform does not support. The message names the command that solves the problem. */
export type RepositoryProblem = {
  readonly code: 'shallow' | 'partial' | 'object_format' | 'ref_storage' | 'alternate_missing';
  readonly message: string;
};

/**
 * Finds the reasons why attempts cannot work with a repository. Reads only files, because git itself may refuse the repository.
 *
 * @param gitDir git directory; the common one if there are several work trees
 */
export function inspectRepository(gitDir: string): RepositoryProblem[] {
  const folder = gitDir.replace(/\/\.git$/, '');
  const git = formatGit(folder);
  const config = parseConfig(readText(join(gitDir, 'config')));
  const problems: RepositoryProblem[] = [];
  const addProblem = (code: RepositoryProblem['code'], problem: string, solution: string) =>
    problems.push({ code, message: `${problem}; ${solution}` });
  if (isShallow(gitDir)) {
    const problem = 'this is a shallow clone, which lacks the older commits';
    addProblem('shallow', problem, `fetch them: ${git} fetch --unshallow`);
  }
  if (isPartial(gitDir, config)) {
    const problem = 'this is a partial clone, which lacks the contents of files';
    addProblem('partial', problem, 'clone the repository again without --filter');
  }
  const objectFormat = findExtension(config, 'objectformat') ?? 'sha1';
  if (objectFormat !== 'sha1') {
    const problem = `its commit ids have the format ${objectFormat}`;
    addProblem('object_format', problem, 'smol-gang supports only repositories with SHA-1 ids');
  }
  const refStorage = findExtension(config, 'refstorage') ?? 'files';
  if (refStorage !== 'files') {
    const problem = `it stores its branches in the format ${refStorage}`;
    const command = `${git} refs migrate --ref-format=files`;
    addProblem('ref_storage', problem, `convert them with git 2.46 or newer: ${command}`);
  }
  for (const alternate of listMissingAlternates(gitDir)) {
    const problem = `it borrows objects from ${alternate}, which does not exist`;
    addProblem('alternate_missing', problem, 'restore that folder, or clone the repository again');
  }
  return problems;
}

/** Git keeps an empty file after it has fetched the missing commits. */
function isShallow(gitDir: string): boolean {
  return readText(join(gitDir, 'shallow')).trim() !== '';
}

function isPartial(gitDir: string, config: readonly ConfigEntry[]): boolean {
  if (findExtension(config, 'partialclone') !== undefined) return true;
  const isPromisorRemote = ({ name, value }: ConfigEntry) =>
    name.startsWith('remote.') && name.endsWith('.promisor') && value !== 'false';
  return config.some(isPromisorRemote) || hasPromisorPack(gitDir);
}

function hasPromisorPack(gitDir: string): boolean {
  try {
    return readdirSync(join(gitDir, 'objects/pack')).some((name) => name.endsWith('.promisor'));
  } catch {
    return false;
  }
}

function findExtension(config: readonly ConfigEntry[], extension: string): string | undefined {
  return config.findLast(({ name }) => name === `extensions.${extension}`)?.value;
}

function listMissingAlternates(gitDir: string): string[] {
  const objects = join(gitDir, 'objects');
  return readText(join(objects, 'info/alternates'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('"'))
    .map((line) => resolve(objects, line))
    .filter((folder) => statSync(folder, { throwIfNoEntry: false }) === undefined);
}

/** Returns the content of a file; an empty text if there is no such file. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
