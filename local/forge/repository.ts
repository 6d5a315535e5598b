import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { ForgeContext } from './forge-context.ts';
import { headBranch, listBranches, readBranch } from './git/read-ref.ts';
import { gitText, runGit } from './git/run-git.ts';
import { Problem, unprocessable } from './problem.ts';
import { addRepository, findRepository } from './store/repository-store.ts';
import type { RepositoryRow } from './store/row-schema.ts';
import { settingsSchema } from './store/row-schema.ts';

/** An empty bare repository to push to; asking again finds it. */
export async function createEmptyRepository(
  context: ForgeContext,
  name: string,
): Promise<RepositoryRow> {
  const known = findRepository(context.rows, name);
  if (known?.linked) throw taken(name);
  const gitDir = known?.git_dir ?? join(context.dataDir, 'repos', `${name}.git`);
  await mkdir(gitDir, { recursive: true });
  // Also after a crash half-way: git completes what is there.
  await runGit(gitDir, ['init', '--bare', '--quiet', '--initial-branch=main', '--template=']);
  if (known !== undefined) return known;
  return store(context, { name, gitDir, linked: false, bare: true, defaultBranch: 'main' });
}

/** Uses the git directory of an existing work tree or bare repository in place; linking again reads its branch anew. */
export async function linkRepository(
  context: ForgeContext,
  name: string,
  path: string,
): Promise<RepositoryRow> {
  if (!isAbsolute(path)) throw unprocessable(`${path} is not an absolute path`);
  const { gitDir, bare } = await findGitDirectory(path);
  const known = findRepository(context.rows, name);
  if (known !== undefined && known.git_dir !== gitDir) throw taken(name);
  const defaultBranch = chooseDefaultBranch(gitDir);
  if (known === undefined) {
    return store(context, { name, gitDir, linked: true, bare, defaultBranch });
  }
  context.rows.change('repository', known.id, { default_branch: defaultBranch });
  return reload(context, name);
}

async function findGitDirectory(
  path: string,
): Promise<{ readonly gitDir: string; readonly bare: boolean }> {
  const folder = await realpath(path).catch(() => undefined);
  if (folder === undefined) throw unprocessable(`${path} does not exist`);
  try {
    // A work tree's ".git" is a folder or, in an added work tree, a file: git knows.
    const own = join(folder, '.git');
    const start = (await exists(own)) ? await resolveGitFile(own) : folder;
    const text = await gitText(start, [
      'rev-parse',
      '--path-format=absolute',
      '--git-common-dir',
      '--is-bare-repository',
    ]);
    const [gitDir = '', bare] = text.split('\n');
    return { gitDir: await realpath(gitDir), bare: bare === 'true' && start === folder };
  } catch (cause) {
    const problem = unprocessable(`${path} is not a git repository`);
    problem.cause = cause;
    throw problem;
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

/** The branch that is checked out, else a usual name, else any. */
function chooseDefaultBranch(gitDir: string): string {
  const current = headBranch(gitDir);
  if (current !== undefined) return current;
  const usual = ['main', 'master'].find((branch) => readBranch(gitDir, branch) !== undefined);
  return usual ?? listBranches(gitDir)[0]?.name ?? 'main';
}

function store(
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
  if (repository === undefined) throw new Error(`the repository ${name} is gone`);
  return repository;
}

function taken(name: string): Problem {
  return new Problem(409, `${name} is already another repository here`, { status: '409' });
}
