import { appendFile, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptFolders } from '../host/attempt-folders.ts';
import type { ProcessTable } from '../host/process-table.ts';
import type { ForgeAccess } from './call-forge.ts';
import { createFetchingGit } from './call-forge.ts';
import type { Git } from './git.ts';
import { createGit } from './git.ts';
import { findFilesOutsideLfs, usesLfs } from './lfs.ts';
import type { MergeOutcome } from './parse-git-output.ts';
import { parseMergeTree, parseNameStatus, splitNulSeparated } from './parse-git-output.ts';
import type { Change } from './sort-changes.ts';
import { writeBridgeRepository, writeCheckoutRepository } from './write-repository.ts';

// The repository as the bridge sees it: what changed in the workspace, commits made of chosen paths, merges. Plumbing only:
// the paths to commit are chosen first and then staged one by one.

export type GitWorkspaceOptions = {
  readonly processes: ProcessTable;
  readonly folders: AttemptFolders;
  /** Object stores to borrow from. */
  readonly alternates: string[];
  readonly author: { readonly name: string; readonly email: string };
  readonly signal: AbortSignal;
  /** Where a partial repository fetches what it lacks. Absent: it lacks nothing. */
  readonly promisor?: ForgeAccess & { readonly url: string };
};

export class GitWorkspace {
  readonly #options: GitWorkspaceOptions;
  readonly #git: Git;
  /** For what reads the contents of files. */
  readonly #fetchingGit: Git;
  /** The commit that the workspace stands on. */
  headCommit = '';
  /** What set-up changed, by path, as the blob it left: not the agent's doing. */
  #setupBlobs = new Map<string, string>();

  private constructor(options: GitWorkspaceOptions) {
    this.#options = options;
    const place = { gitDir: options.folders.git, workTree: options.folders.workspace };
    this.#git = createGit(options.processes, place, options.signal);
    this.#fetchingGit = this.#addFetchOnDemand(this.#git);
  }

  static async open(options: GitWorkspaceOptions): Promise<GitWorkspace> {
    await writeBridgeRepository(options.folders.git, options.alternates, options.promisor?.url);
    return new GitWorkspace(options);
  }

  #addFetchOnDemand(git: Git): Git {
    const { promisor } = this.#options;
    return promisor ? createFetchingGit(git, promisor) : git;
  }

  /** Puts `commit` into the workspace; with `withGit` also a repository for those who work there. */
  async checkout(commit: string, withGit = false): Promise<void> {
    await this.#fetchingGit(['read-tree', '--reset', '-u', commit]);
    this.headCommit = commit;
    if (!withGit) return;
    await this.#writeFolderRepository(
      this.#options.folders.workspace,
      commit,
      join(this.#options.folders.git, 'index'),
    );
  }

  /** Puts `tree` into `folder`, which is empty, through an index of its own. */
  async checkoutTreeInto(
    tree: string,
    commit: string,
    folder: string,
    indexFile: string,
  ): Promise<void> {
    const { processes, folders, signal } = this.#options;
    const place = { gitDir: folders.git, workTree: folder, indexFile };
    const git = this.#addFetchOnDemand(createGit(processes, place, signal));
    await git(['read-tree', '--reset', '-u', tree]);
    await this.#writeFolderRepository(folder, commit, indexFile);
  }

  async #writeFolderRepository(folder: string, commit: string, indexFile: string): Promise<void> {
    const objects = join(this.#options.folders.git, 'objects');
    await writeCheckoutRepository(join(folder, '.git'), {
      commitChanges: commit,
      objects,
      author: this.#options.author,
      partial: this.#options.promisor !== undefined,
    });
    await copyFile(indexFile, join(folder, '.git/index'));
  }

  /** What set-up left behind is not to be committed: called once, between set-up and the agent. */
  async ignoreSetupChanges(): Promise<void> {
    const made = await this.#git([
      'ls-files',
      '-z',
      '--others',
      '--exclude-standard',
      '--directory',
    ]);
    const excludes = splitNulSeparated(made.stdout).map(
      (path) => `/${path.replace(/[\\*?[\]!# ]/g, '\\$&')}\n`,
    );
    const usable = excludes.filter((line) => !line.slice(0, -1).includes('\n'));
    await appendFile(join(this.#options.folders.git, 'info/exclude'), usable.join(''));
    const changed = (await this.listChanges()).filter((change) => change.status !== 'D');
    this.#setupBlobs = await this.#hashFiles(changed.map((change) => change.path));
  }

  /** Paths in the workspace that differ from `head` or are new, but for what set-up did. Nested repositories are left alone. */
  async listChanges(): Promise<Change[]> {
    await this.#git(['update-index', '-q', '--ignore-submodules', '--refresh'], {
      acceptedExitCodes: [0, 1],
    });
    const differ = await this.#git([
      'diff-files',
      '-z',
      '--name-status',
      '--no-renames',
      '--ignore-submodules=all',
    ]);
    const untracked = await this.#git(['ls-files', '-z', '--others', '--exclude-standard']);
    const fresh = splitNulSeparated(untracked.stdout).filter((path) => !path.endsWith('/'));
    const changes: Change[] = [
      ...parseNameStatus(differ.stdout),
      ...fresh.map((path): Change => ({ path, status: 'A' })),
    ];
    return this.#excludeSetupChanges(changes);
  }

  async #excludeSetupChanges(changes: Change[]): Promise<Change[]> {
    const suspects = changes.filter((c) => c.status !== 'D' && this.#setupBlobs.has(c.path));
    if (suspects.length === 0) return changes;
    const now = await this.#hashFiles(suspects.map((change) => change.path));
    return changes.filter(
      (c) =>
        c.status === 'D' || !now.has(c.path) || now.get(c.path) !== this.#setupBlobs.get(c.path),
    );
  }

  async #hashFiles(paths: string[]): Promise<Map<string, string>> {
    const plain = paths.filter((path) => !path.includes('\n'));
    if (plain.length === 0) return new Map();
    const answer = await this.#git(['hash-object', '--no-filters', '--stdin-paths'], {
      input: plain.map((path) => `${path}\n`).join(''),
      acceptedExitCodes: [0, 128],
    });
    const hashes = answer.stdout.split('\n');
    return new Map(plain.map((path, i) => [path, hashes[i] ?? '']));
  }

  /** Commits exactly these changes on `head`, with further parents for a merge. Undefined: there was nothing to commit. */
  async commitChanges(
    changes: readonly Change[],
    message: string,
    parents: readonly string[] = [],
  ): Promise<string | undefined> {
    const gone = changes.filter((c) => c.status === 'D').map((c) => `${c.path}\0`);
    const kept = changes.filter((c) => c.status !== 'D').map((c) => `${c.path}\0`);
    if (gone.length > 0) {
      await this.#git(['update-index', '-z', '--force-remove', '--stdin'], {
        input: gone.join(''),
      });
    }
    if (kept.length > 0) {
      await this.#git(['update-index', '-z', '--add', '--remove', '--replace', '--stdin'], {
        input: kept.join(''),
      });
    }
    const tree = (await this.#git(['write-tree'])).stdout.trim();
    if (parents.length === 0 && tree === (await this.resolveRevision(`${this.headCommit}^{tree}`)))
      return undefined;
    this.headCommit = await this.commitTree(tree, [this.headCommit, ...parents], message);
    return this.headCommit;
  }

  async commitTree(tree: string, parents: readonly string[], message: string): Promise<string> {
    const { name, email } = this.#options.author;
    const answer = await this.#git(
      ['commit-tree', tree, ...parents.flatMap((p) => ['-p', p]), '-F', '-'],
      {
        input: message,
        env: {
          GIT_AUTHOR_NAME: name,
          GIT_AUTHOR_EMAIL: email,
          GIT_COMMITTER_NAME: name,
          GIT_COMMITTER_EMAIL: email,
        },
      },
    );
    return answer.stdout.trim();
  }

  /** Puts paths back to what `head` has; what is new is removed. */
  async restorePaths(changes: readonly Change[]): Promise<void> {
    const known = changes.filter((c) => c.status !== 'A').map((c) => `${c.path}\0`);
    const fresh = changes.filter((c) => c.status === 'A').map((c) => c.path);
    if (known.length > 0) {
      await this.#fetchingGit(['checkout-index', '-f', '-z', '--stdin'], { input: known.join('') });
    }
    for (let i = 0; i < fresh.length; i += 100) {
      await this.#git(['clean', '-fqd', '--', ...fresh.slice(i, i + 100)]);
    }
  }

  /** Merges two commits without touching the workspace. */
  async mergeCommits(ours: string, theirs: string): Promise<MergeOutcome> {
    const answer = await this.#fetchingGit(
      ['merge-tree', '--write-tree', '-z', '--name-only', '--messages', ours, theirs],
      { acceptedExitCodes: [0, 1] },
    );
    return parseMergeTree(answer.stdout, answer.exitCode === 0);
  }

  /** Puts a merge with its conflict markers into the workspace; `head` stays, the next commit needs both parents. */
  async checkoutMerge(merge: MergeOutcome): Promise<void> {
    await this.#fetchingGit(['read-tree', '--reset', '-u', merge.tree]);
  }

  /** Of `files`, those that still hold conflict markers. */
  async findConflictMarkers(files: readonly string[]): Promise<string[]> {
    if (files.length === 0) return [];
    const answer = await this.#git(
      [
        'grep',
        '-lz',
        '--untracked',
        '--no-exclude-standard',
        '-E',
        '-e',
        '^(<{7}|>{7}) ',
        '--',
        ...files,
      ],
      { acceptedExitCodes: [0, 1] },
    );
    return splitNulSeparated(answer.stdout);
  }

  async isAncestor(ancestor: string, commit: string): Promise<boolean> {
    const answer = await this.#git(['merge-base', '--is-ancestor', ancestor, commit], {
      acceptedExitCodes: [0, 1],
    });
    return answer.exitCode === 0;
  }

  /** The newest commit of `root` that `commit` contains. Undefined: they share no history. */
  async findMergeBase(root: string, commit: string): Promise<string | undefined> {
    const answer = await this.#git(['merge-base', root, commit], { acceptedExitCodes: [0, 1] });
    return answer.stdout.trim().split('\n')[0] || undefined;
  }

  /** Paths that differ between two commits. */
  async diffCommits(from: string, to: string): Promise<Change[]> {
    const answer = await this.#git([
      'diff-tree',
      '-r',
      '-z',
      '--name-status',
      '--no-renames',
      from,
      to,
    ]);
    return parseNameStatus(answer.stdout);
  }

  /** Whether `commit` keeps files in Git LFS. */
  usesLfs(commit: string): Promise<boolean> {
    return usesLfs(this.#fetchingGit, commit);
  }

  /** Of `paths`, those that belong to Git LFS and are in `commit` as they are. */
  findFilesOutsideLfs(commit: string, paths: readonly string[]): Promise<string[]> {
    return findFilesOutsideLfs(this.#fetchingGit, this.#options.folders.git, commit, paths);
  }

  async resolveRevision(name: string): Promise<string> {
    return (await this.#git(['rev-parse', '--verify', name])).stdout.trim();
  }
}
