import { copyFile, lstat, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { stripControls } from '../../../core/contract/text.ts';
import type { AttemptFolders } from '../host/attempt-folders.ts';
import type { ProcessTable } from '../host/process-table.ts';
import type { ForgeAccess } from './call-forge.ts';
import { createFetchingGit } from './call-forge.ts';
import { createGuardedGit } from './check-workspace.ts';
import { readVerifiedTree } from './checkout-hash.ts';
import type { ContentFacts } from './flag-changes.ts';
import type { Git } from './git.ts';
import { createGit } from './git.ts';
import type { GitPath } from './git-path.ts';
import { joinPaths, resolveGitPath } from './git-path.ts';
import type { UncommittedPath } from './group-uncommitted.ts';
import type { MissingContents } from './inspect-tree.ts';
import { findMissingContents } from './inspect-tree.ts';
import { findFilesOutsideLfs } from './lfs.ts';
import type { MergeOutcome } from './parse-git-output.ts';
import { parseMergeTree, parsePaths, parseRawDiff } from './parse-git-output.ts';
import { readContentFacts } from './read-content-facts.ts';
import type { Change, CommittedChange } from './sort-changes.ts';
import { WorkspaceChanges } from './workspace-changes.ts';
import {
  writeBridgeRepository,
  writeBridgeSettings,
  writeCheckoutRepository,
} from './write-repository.ts';

// Lists and commits changes of the workspace, and merges, in the repository of the bridge. Uses only plumbing commands of git, because
// these commands stage exactly the given paths.

const CONFLICT_MARKER = /^(<{7}|>{7}) /m;

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
  readonly #changes: WorkspaceChanges;

  private constructor(options: GitWorkspaceOptions, git: Git) {
    this.#options = options;
    this.#git = git;
    this.#fetchingGit = this.#addFetchOnDemand(this.#git);
    this.#changes = new WorkspaceChanges(this.#git, options.folders);
  }

  /** Creates the git directory of the bridge and opens the workspace. */
  static async open(options: GitWorkspaceOptions): Promise<GitWorkspace> {
    const { processes, folders, signal } = options;
    await writeBridgeRepository(folders.git, options.alternates, options.promisor?.url);
    const location = { gitDir: folders.git, workTree: folders.workspace };
    const git = createGit(processes, location, signal);
    return new GitWorkspace(options, await createGuardedGit(git, folders.workspace));
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
  ignoreSetupChanges(): Promise<void> {
    return this.#changes.ignoreSetupChanges();
  }

  /** Lists the paths that differ from `headCommit`, except changes of set-up. */
  listChanges(): Promise<Change[]> {
    return this.#changes.listChanges();
  }

  /** Lists the files that the agent created or changed and that git does not commit. Must be called after the commit of a turn. */
  listUncommitted(): Promise<UncommittedPath[]> {
    return this.#changes.listUncommitted();
  }

  /** Folders of nested repositories whose files were listed as changes, with a slash at the end. */
  get nestedRepositories(): readonly GitPath[] {
    return [...this.#changes.nestedRepositories];
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
        input: joinPaths(removed.map((change) => change.path)),
      });
    }
    if (addedOrModified.length > 0) {
      await this.#git(['update-index', '-z', '--add', '--remove', '--replace', '--stdin'], {
        input: joinPaths(addedOrModified.map((change) => change.path)),
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
        // Git refuses a commit message with a zero byte.
        input: stripControls(message),
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
        input: joinPaths(tracked.map((change) => change.path)),
      });
    }
    // A file that cannot be removed stays uncommitted and is reported again.
    for (const path of added)
      await unlink(resolveGitPath(this.#options.folders.workspace, path)).catch(() => {});
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
  async findConflictMarkers(files: readonly GitPath[]): Promise<GitPath[]> {
    const found: GitPath[] = [];
    for (const path of files) {
      const file = resolveGitPath(this.#options.folders.workspace, path);
      const isFile = await lstat(file).then(
        (stats) => stats.isFile(),
        () => false,
      );
      if (isFile && CONFLICT_MARKER.test(await readFile(file, 'latin1'))) found.push(path);
    }
    return found;
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
  async diffCommits(from: string, to: string): Promise<CommittedChange[]> {
    const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', from, to];
    return parseRawDiff((await this.#git(args)).stdout);
  }

  /** Lists all paths of a commit. */
  async listPaths(commit: string): Promise<GitPath[]> {
    const tree = await this.#git(['ls-tree', '-r', '-z', '--full-tree', '--name-only', commit]);
    return parsePaths(tree.stdout);
  }

  /** Returns facts about the new content of each change, by path. */
  readContentFacts(changes: readonly CommittedChange[]): Promise<Map<GitPath, ContentFacts>> {
    return readContentFacts(this.#fetchingGit, changes);
  }

  /** Lists the contents of `commit` that no checkout gets. */
  findMissingContents(commit: string): Promise<MissingContents> {
    return findMissingContents(this.#fetchingGit, commit);
  }

  /** Returns the paths that belong to Git LFS and whose content in `commit` is not an LFS pointer. */
  findFilesOutsideLfs(commit: string, paths: readonly GitPath[]): Promise<GitPath[]> {
    return findFilesOutsideLfs(this.#fetchingGit, this.#options.folders.git, commit, paths);
  }

  /** Returns the tree of a commit. Throws an AttemptFailure if the stored commit does not match its id. */
  readVerifiedTree(commit: string): Promise<string> {
    return readVerifiedTree(this.#git, commit);
  }

  /**
   * Writes the settings of the bridge's repository again, because the agent can change files of the same user. Must be called before
   * git runs after a turn of the agent.
   */
  async restoreSettings(): Promise<void> {
    const { folders, alternates, promisor } = this.#options;
    await writeBridgeSettings(folders.git, alternates, promisor?.url);
  }

  /** Returns the object id of a revision. */
  async resolveRevision(revision: string): Promise<string> {
    return (await this.#git(['rev-parse', '--verify', revision])).stdout.trim();
  }
}
