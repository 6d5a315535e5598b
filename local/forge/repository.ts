import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { ForgeContext } from './forge-context.ts';
import { inspectRepository } from './git/inspect-repository.ts';
import { listBranches, readBranch, readHeadBranch } from './git/read-ref.ts';
import { readGitText, runGit } from './git/run-git.ts';
import { HttpError, unprocessable } from './http-error.ts';
import {
  addRepository,
  findRepositoryByGitDir,
  findRepositoryByName,
} from './store/repository-store.ts';
import type { RepositoryRow } from './store/row-schema.ts';
import { settingsSchema } from './store/row-schema.ts';

/** Creates an empty bare repository; safe to repeat. Throws an HttpError 409 if the name belongs to a linked repository. */
export async function createEmptyRepository(
  context: ForgeContext,
  name: string,
): Promise<RepositoryRow> {
  const existing = findRepositoryByName(context.database, name);
  if (existing?.linked) throw createNameTakenError(name);
  const gitDir = existing?.git_dir ?? join(context.dataDir, 'repos', `${name}.git`);
  await mkdir(gitDir, { recursive: true });
  // Runs for an existing repository as well, because a crash may have left the directory incomplete.
  await runGit(gitDir, ['init', '--bare', '--quiet', '--initial-branch=main', '--template=']);
  if (existing !== undefined) return existing;
  return insertRepository(context, {
    name,
    gitDir,
    linked: false,
    bare: true,
    defaultBranch: 'main',
  });
}

/**
 * Links an existing work tree or bare repository under a name; the forge uses its git directory in place. A repeated call
 * updates the default branch. A repository that is linked already keeps its name, whatever path leads to the repository. Throws an
 * HttpError 422 if `path` has no repository that the forge supports, and 409 if the name belongs to another repository.
 */
export async function linkRepository(
  context: ForgeContext,
  name: string,
  path: string,
): Promise<RepositoryRow> {
  if (!isAbsolute(path)) throw unprocessable(`${path} is not an absolute path`);
  const { gitDir, bare } = await findGitDirectory(path);
  const owner = findRepositoryByName(context.database, name);
  if (owner !== undefined && owner.git_dir !== gitDir) throw createNameTakenError(name);
  const existing = owner ?? findRepositoryByGitDir(context.database, gitDir);
  const defaultBranch = chooseDefaultBranch(gitDir);
  if (existing === undefined) {
    return insertRepository(context, { name, gitDir, linked: true, bare, defaultBranch });
  }
  context.database.update('repository', existing.id, { default_branch: defaultBranch });
  return reload(context, existing.name);
}

async function findGitDirectory(
  path: string,
): Promise<{ readonly gitDir: string; readonly bare: boolean }> {
  const folder = await realpath(path).catch(() => undefined);
  if (folder === undefined) throw unprocessable(`${path} does not exist`);
  try {
    // `.git` is a folder in a repository's own work tree, and a file in a work tree of `git worktree add`.
    const dotGit = join(folder, '.git');
    const startDir = (await exists(dotGit)) ? await resolveDotGit(dotGit) : folder;
    // Git refuses some formats with an error of its own, so the format is inspected first.
    requireSupportedFormat(await resolveCommonDir(startDir));
    const text = await readGitText(startDir, [
      'rev-parse',
      '--path-format=absolute',
      '--git-common-dir',
      '--is-bare-repository',
    ]);
    const [gitDir = '', bare] = text.split('\n');
    // A folder with `.git` is a work tree even if the setting core.bare says otherwise.
    return { gitDir: await realpath(gitDir), bare: bare === 'true' && startDir === folder };
  } catch (cause) {
    if (cause instanceof HttpError) throw cause;
    const unknownFormat = cause instanceof Error ? findUnknownFormat(cause.message) : undefined;
    const error = unprocessable(
      unknownFormat === undefined
        ? `${path} is not a git repository`
        : `the installed git does not support the format of this repository (${unknownFormat}); install a newer git`,
    );
    error.cause = cause;
    throw error;
  }
}

function requireSupportedFormat(gitDir: string): void {
  const problems = inspectRepository(gitDir);
  if (problems.length > 0)
    throw unprocessable(problems.map((problem) => problem.message).join('\n'));
}

/** Returns the part of an error message of git that names an unknown extension or version of a repository. */
function findUnknownFormat(message: string): string | undefined {
  const pattern = /unknown repository extensions? found:\s*(.+)|Expected git repo version .+/;
  const match = pattern.exec(message);
  return match === null ? undefined : (match[1] ?? match[0]).trim();
}

/** Returns the git directory that all work trees of a repository share. */
async function resolveCommonDir(gitDir: string): Promise<string> {
  const text = await readFile(join(gitDir, 'commondir'), 'utf8').catch(() => '.');
  return resolve(gitDir, text.trim());
}

async function resolveDotGit(path: string): Promise<string> {
  if ((await stat(path)).isDirectory()) return path;
  const text = await readFile(path, 'utf8');
  const target = /^gitdir: (.+)$/m.exec(text)?.[1]?.trim() ?? path;
  return isAbsolute(target) ? target : join(path, '..', target);
}

async function exists(path: string): Promise<boolean> {
  return (await realpath(path).catch(() => undefined)) !== undefined;
}

/** Returns the branch of HEAD, else `main` or `master`, else the first branch by name; `main` if there is no branch. */
function chooseDefaultBranch(gitDir: string): string {
  const headBranch = readHeadBranch(gitDir);
  if (headBranch !== undefined) return headBranch;
  const conventional = ['main', 'master'].find(
    (branch) => readBranch(gitDir, branch) !== undefined,
  );
  return conventional ?? listBranches(gitDir)[0]?.name ?? 'main';
}

function insertRepository(
  context: ForgeContext,
  repository: {
    readonly name: string;
    readonly gitDir: string;
    readonly linked: boolean;
    readonly bare: boolean;
    readonly defaultBranch: string;
  },
): RepositoryRow {
  addRepository(context.database, {
    ...repository,
    settings: settingsSchema.parse({}),
    createdAt: context.now(),
  });
  return reload(context, repository.name);
}

function reload(context: ForgeContext, name: string): RepositoryRow {
  const repository = findRepositoryByName(context.database, name);
  if (repository === undefined)
    throw new Error(`The forge database has no repository ${name} after it was written.`);
  return repository;
}

function createNameTakenError(name: string): HttpError {
  const message = `${name} is already the name of another repository of this forge. Choose another name, or unlink that repository first.`;
  return new HttpError(409, message, { status: '409' });
}
