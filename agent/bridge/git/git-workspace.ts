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

// Lists and commits changes of the workspace, and merges, in the repository of the bridge. Uses only plumbing commands of git, because
// these commands stage exactly the given paths.

/** Maximum number of paths in one command line. */
const MAX_PATHS_PER_COMMAND = 100;

/** Folders and author of a git workspace, and the sources of its git objects. */
export type GitWorkspaceOptions = {
  readonly processes: ProcessTable;
  readonly folders: AttemptFolders;
  /** Object directories of mirrors, from which git reads objects without a copy. */
  readonly alternates: string[];
  readonly author: { readonly name: string; readonly email: string };
  readonly signal: AbortSignal;
  /** Source of missing contents of a partial repository. Absent: the repository is complete. */
  readonly promisor?: ForgeAccess & { readonly url: string };
};

/** The workspace of one attempt, with the git directory of the bridge. Every method throws GitError if git fails. */
export class GitWorkspace {
  readonly #options: GitWorkspaceOptions;
  readonly #git: Git;
  /** Git for commands that read file contents, which a partial repository may have to fetch. */
  readonly #fetchingGit: Git;
  /** Commit that the workspace is based on; empty before the first checkout. */
  headCommit = '';
  /** Blob ids, by path, of the files that set-up changed. A file with the same blob id has not been changed by the agent. */
  #setupBlobs = new Map<string, string>();

  private constructor(options: GitWorkspaceOptions) {
    this.#options = options;
    const location = { gitDir: options.folders.git, workTree: options.folders.workspace };
    this.#git = createGit(options.processes, location, options.signal);
    this.#fetchingGit = this.#addFetchOnDemand(this.#git);
  }

  /** Creates the git directory of the bridge and opens the workspace. */
  static async open(options: GitWorkspaceOptions): Promise<GitWorkspace> {
    await writeBridgeRepository(options.folders.git, options.alternates, options.promisor?.url);
    return new GitWorkspace(options);
  }

  #addFetchOnDemand(git: Git): Git {
    const { promisor } = this.#options;
    return promisor ? createFetchingGit(git, promisor) : git;
  }

  /** Checks out `commit` into the workspace. */
  async checkout(commit: string): Promise<void> {
    await this.#fetchingGit(['read-tree', '--reset', '-u', commit]);
    this.headCommit = commit;
  }

  /** Checks out `commit` and creates a repository in the workspace for the git commands of the agent and of set-up. */
  async checkoutWithRepository(commit: string): Promise<void> {
    await this.checkout(commit);
    const { git, workspace } = this.#options.folders;
    await this.#writeFolderRepository(workspace, commit, join(git, 'index'));
  }

  /** Checks out `tree` into an empty folder with a separate index, and creates a repository there whose HEAD is `commit`. */
  async checkoutTreeInto(
    tree: string,
    commit: string,
    folder: string,
    indexFile: string,
  ): Promise<void> {
    const { processes, folders, signal } = this.#options;
    const location = { gitDir: folders.git, workTree: folder, indexFile };
    const git = this.#addFetchOnDemand(createGit(processes, location, signal));
    await git(['read-tree', '--reset', '-u', tree]);
    await this.#writeFolderRepository(folder, commit, indexFile);
  }

  async #writeFolderRepository(folder: string, commit: string, indexFile: string): Promise<void> {
    const objects = join(this.#options.folders.git, 'objects');
    await writeCheckoutRepository(join(folder, '.git'), {
      commit,
      objects,
      author: this.#options.author,
      isPartial: this.#options.promisor !== undefined,
    });
    await copyFile(indexFile, join(folder, '.git/index'));
  }

  /** Excludes the changes of set-up from later commits. Must be called once, after set-up and before the agent starts. */
  async ignoreSetupChanges(): Promise<void> {
    const untracked = await this.#git([
      'ls-files',
      '-z',
      '--others',
      '--exclude-standard',
      '--directory',
    ]);
    const excludes = splitNulSeparated(untracked.stdout).map(
      (path) => `/${path.replace(/[\\*?[\]!# ]/g, '\\$&')}\n`,
    );
    // An exclude file cannot contain a path with a line break.
    const validExcludes = excludes.filter((line) => !line.slice(0, -1).includes('\n'));
    await appendFile(join(this.#options.folders.git, 'info/exclude'), validExcludes.join(''));
    const changed = (await this.listChanges()).filter((change) => change.status !== 'D');
    this.#setupBlobs = await this.#hashFiles(changed.map((change) => change.path));
  }

  /** Lists the paths that differ from `headCommit`, except changes of set-up and nested repositories. */
  async listChanges(): Promise<Change[]> {
    await this.#git(['update-index', '-q', '--ignore-submodules', '--refresh'], {
      acceptedExitCodes: [0, 1],
    });
    const changed = await this.#git([
      'diff-files',
      '-z',
      '--name-status',
      '--no-renames',
      '--ignore-submodules=all',
    ]);
    const untracked = await this.#git(['ls-files', '-z', '--others', '--exclude-standard']);
    // A path that ends with a slash is a nested repository.
    const newFiles = splitNulSeparated(untracked.stdout).filter((path) => !path.endsWith('/'));
    const changes: Change[] = [
      ...parseNameStatus(changed.stdout),
      ...newFiles.map((path): Change => ({ path, status: 'A' })),
    ];
    return this.#excludeSetupChanges(changes);
  }

  async #excludeSetupChanges(changes: Change[]): Promise<Change[]> {
    const candidates = changes.filter(
      ({ path, status }) => status !== 'D' && this.#setupBlobs.has(path),
    );
    if (candidates.length === 0) return changes;
    const blobs = await this.#hashFiles(candidates.map((change) => change.path));
    return changes.filter(
      ({ path, status }) =>
        status === 'D' || !blobs.has(path) || blobs.get(path) !== this.#setupBlobs.get(path),
    );
  }

  async #hashFiles(paths: string[]): Promise<Map<string, string>> {
    // hash-object reads one path per line, so a path with a line break cannot be hashed.
    const hashable = paths.filter((path) => !path.includes('\n'));
    if (hashable.length === 0) return new Map();
    const output = await this.#git(['hash-object', '--no-filters', '--stdin-paths'], {
      input: hashable.map((path) => `${path}\n`).join(''),
      acceptedExitCodes: [0, 128],
    });
    const hashes = output.stdout.split('\n');
    return new Map(hashable.map((path, index) => [path, hashes[index] ?? '']));
  }

  /**
   * Commits exactly these changes on top of `headCommit`. Returns the commit id; undefined if nothing differs.
   *
   * @param mergeParents further parents, which make the commit a merge; a merge is committed even if nothing differs
   */
  async commitChanges(
    changes: readonly Change[],
    message: string,
    mergeParents: readonly string[] = [],
  ): Promise<string | undefined> {
    const removed = changes.filter((change) => change.status === 'D');
    const addedOrModified = changes.filter((change) => change.status !== 'D');
    if (removed.length > 0) {
      await this.#git(['update-index', '-z', '--force-remove', '--stdin'], {
        input: joinPaths(removed),
      });
    }
    if (addedOrModified.length > 0) {
      await this.#git(['update-index', '-z', '--add', '--remove', '--replace', '--stdin'], {
        input: joinPaths(addedOrModified),
      });
    }
    const tree = (await this.#git(['write-tree'])).stdout.trim();
    const isUnchanged = tree === (await this.resolveRevision(`${this.headCommit}^{tree}`));
    if (mergeParents.length === 0 && isUnchanged) return undefined;
    this.headCommit = await this.commitTree(tree, [this.headCommit, ...mergeParents], message);
    return this.headCommit;
  }

  /** Creates a commit of `tree`; the workspace stays unchanged. Returns the commit id. */
  async commitTree(tree: string, parents: readonly string[], message: string): Promise<string> {
    const { name, email } = this.#options.author;
    const output = await this.#git(
      ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'],
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
    return output.stdout.trim();
  }

  /** Reverts the changes: restores the files of `headCommit` and removes new files. */
  async restorePaths(changes: readonly Change[]): Promise<void> {
    const tracked = changes.filter((change) => change.status !== 'A');
    const added = changes.filter((change) => change.status === 'A').map((change) => change.path);
    if (tracked.length > 0) {
      await this.#fetchingGit(['checkout-index', '-f', '-z', '--stdin'], {
        input: joinPaths(tracked),
      });
    }
    for (let start = 0; start < added.length; start += MAX_PATHS_PER_COMMAND) {
      const paths = added.slice(start, start + MAX_PATHS_PER_COMMAND);
      await this.#git(['clean', '-fqd', '--', ...paths]);
    }
  }

  /** Merges two commits; the workspace stays unchanged. */
  async mergeCommits(ours: string, theirs: string): Promise<MergeOutcome> {
    const output = await this.#fetchingGit(
      ['merge-tree', '--write-tree', '-z', '--name-only', '--messages', ours, theirs],
      { acceptedExitCodes: [0, 1] },
    );
    return parseMergeTree(output.stdout, output.exitCode === 0);
  }

  /** Checks out a merge with conflict markers. The next commit must name the merged commit as second parent. */
  async checkoutMerge(merge: MergeOutcome): Promise<void> {
    await this.#fetchingGit(['read-tree', '--reset', '-u', merge.tree]);
  }

  /** Returns the paths of those `files` that contain conflict markers. */
  async findConflictMarkers(files: readonly string[]): Promise<string[]> {
    if (files.length === 0) return [];
    const output = await this.#git(
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
    return splitNulSeparated(output.stdout);
  }

  /** Returns whether `ancestor` is `commit` or one of its ancestors. */
  async isAncestor(ancestor: string, commit: string): Promise<boolean> {
    const output = await this.#git(['merge-base', '--is-ancestor', ancestor, commit], {
      acceptedExitCodes: [0, 1],
    });
    return output.exitCode === 0;
  }

  /** Returns the newest common ancestor of `root` and `commit`; undefined if the histories have no common commit. */
  async findMergeBase(root: string, commit: string): Promise<string | undefined> {
    const output = await this.#git(['merge-base', root, commit], { acceptedExitCodes: [0, 1] });
    return output.stdout.trim().split('\n')[0] || undefined;
  }

  /** Lists the paths that differ between two commits or trees. */
  async diffCommits(from: string, to: string): Promise<Change[]> {
    const output = await this.#git([
      'diff-tree',
      '-r',
      '-z',
      '--name-status',
      '--no-renames',
      from,
      to,
    ]);
    return parseNameStatus(output.stdout);
  }

  /** Returns whether `commit` keeps files in Git LFS. */
  usesLfs(commit: string): Promise<boolean> {
    return usesLfs(this.#fetchingGit, commit);
  }

  /** Returns the paths that belong to Git LFS and whose content in `commit` is not an LFS pointer. */
  findFilesOutsideLfs(commit: string, paths: readonly string[]): Promise<string[]> {
    return findFilesOutsideLfs(this.#fetchingGit, this.#options.folders.git, commit, paths);
  }

  /** Returns the object id of a revision. */
  async resolveRevision(revision: string): Promise<string> {
    return (await this.#git(['rev-parse', '--verify', revision])).stdout.trim();
  }
}

function joinPaths(changes: readonly Change[]): string {
  return changes.map((change) => `${change.path}\0`).join('');
}
