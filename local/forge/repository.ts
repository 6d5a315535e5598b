import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { ForgeContext } from './forge-context.ts';
import { listBranches, readBranch, readHeadBranch } from './git/read-ref.ts';
import { readGitText, runGit } from './git/run-git.ts';
import { HttpError, unprocessable } from './http-error.ts';
import { addRepository, findRepository } from './store/repository-store.ts';
import type { RepositoryRow } from './store/row-schema.ts';
import { settingsSchema } from './store/row-schema.ts';

/** Creates an empty bare repository, or returns the repository of an earlier call. Throws 409 for a linked name. */
export async function createEmptyRepository(
  context: ForgeContext,
  name: string,
): Promise<RepositoryRow> {
  const known = findRepository(context.rows, name);
  if (known?.linked) throw nameTaken(name);
  const gitDir = known?.git_dir ?? join(context.dataDir, 'repos', `${name}.git`);
  await mkdir(gitDir, { recursive: true });
  // Runs again for a known repository: after a crash half-way git completes the directory.
  await runGit(gitDir, ['init', '--bare', '--quiet', '--initial-branch=main', '--template=']);
  if (known !== undefined) return known;
  return insertRepository(context, {
    name,
    gitDir,
    linked: false,
    bare: true,
    defaultBranch: 'main',
  });
}

/**
 * Uses the git directory of an existing work tree or bare repository in place. Linking again updates the default branch.
 * Throws 422 for a path without a repository, and 409 for the name of another repository.
 */
export async function linkRepository(
  context: ForgeContext,
  name: string,
  path: string,
): Promise<RepositoryRow> {
  if (!isAbsolute(path)) throw unprocessable(`${path} is not an absolute path`);
  const { gitDir, bare } = await findGitDirectory(path);
  const known = findRepository(context.rows, name);
  if (known !== undefined && known.git_dir !== gitDir) throw nameTaken(name);
  const defaultBranch = chooseDefaultBranch(gitDir);
  if (known === undefined) {
    return insertRepository(context, { name, gitDir, linked: true, bare, defaultBranch });
  }
  context.rows.update('repository', known.id, { default_branch: defaultBranch });
  return reload(context, name);
}

async function findGitDirectory(
  path: string,
): Promise<{ readonly gitDir: string; readonly bare: boolean }> {
  const folder = await realpath(path).catch(() => undefined);
  if (folder === undefined) throw unprocessable(`${path} does not exist`);
  try {
    // `.git` is a folder in a work tree, and a file in an added work tree.
    const own = join(folder, '.git');
    const start = (await exists(own)) ? await resolveGitFile(own) : folder;
    const text = await readGitText(start, [
      'rev-parse',
      '--path-format=absolute',
      '--git-common-dir',
      '--is-bare-repository',
    ]);
    const [gitDir = '', bare] = text.split('\n');
    return { gitDir: await realpath(gitDir), bare: bare === 'true' && start === folder };
  } catch (cause) {
    const error = unprocessable(`${path} is not a git repository`);
    error.cause = cause;
    throw error;
  }
}

async function resolveGitFile(path: string): Promise<string> {
  if ((await stat(path)).isDirectory()) return path;
  const text = await readFile(path, 'utf8');
  const target = /^gitdir: (.+)$/m.exec(text)?.[1]?.trim() ?? path;
  return isAbsolute(target) ? target : join(path, '..', target);
}

async function exists(path: string): Promise<boolean> {
  return (await realpath(path).catch(() => undefined)) !== undefined;
}

/** Returns the checked-out branch, else `main` or `master`, else the first branch. */
function chooseDefaultBranch(gitDir: string): string {
  const current = readHeadBranch(gitDir);
  if (current !== undefined) return current;
  const common = ['main', 'master'].find((branch) => readBranch(gitDir, branch) !== undefined);
  return common ?? listBranches(gitDir)[0]?.name ?? 'main';
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
  addRepository(context.rows, {
    ...repository,
    settings: settingsSchema.parse({}),
    at: context.now(),
  });
  return reload(context, repository.name);
}

function reload(context: ForgeContext, name: string): RepositoryRow {
  const repository = findRepository(context.rows, name);
  if (repository === undefined) throw new Error(`the database lost repository ${name}`);
  return repository;
}

function nameTaken(name: string): HttpError {
  const message = `${name} is already the name of another repository of this forge. Choose another name, or unlink that repository first.`;
  return new HttpError(409, message, { status: '409' });
}
