// Interface to a forge: GitHub, or the forge on the laptop. Every method may throw an AppError of these kinds: `notFound`, `auth`,
// `paused` (rate limit, with `until`), `refused` (a rule of the repository, named in the message) and `transient` (network
// fault or a 5xx response). A caller may repeat every call: an ensure method returns the object that an earlier call created.

/** Commit id: 40 hexadecimal digits. */
export type Sha = string;

/** Repository name on the forge, `owner/name`. */
export type RepoName = string;

/** State of a pull request. */
export type PullState = 'open' | 'closed' | 'merged';

/** Identifies a pull request. */
export type PullRef = {
  readonly number: number;
  /** Id in the GraphQL interface. */
  readonly nodeId: string;
  readonly url: string;
};

/** Pull request as the forge reports it. */
export type PullRequest = PullRef & {
  readonly title: string;
  readonly body: string;
  readonly state: PullState;
  readonly draft: boolean;
  /** Source branch. */
  readonly head: string;
  readonly headSha: Sha;
  /** Target branch. */
  readonly base: string;
  /** null while the forge has not computed the mergeability; read the pull request again later. */
  readonly isMergeable: boolean | null;
  /** Merge commit, present once `state` is `merged`. */
  readonly mergeSha?: Sha;
  readonly labels: readonly string[];
  /** Epoch milliseconds. */
  readonly updatedAt: number;
  /** Login of the author, who may lack write permission. */
  readonly author: string;
};

/**
 * Selects one pull request from `head` into `base`: the open pull request, otherwise the newest merged, otherwise the newest
 * closed. If there is none, selects an open pull request from `head` with one of `labels`, whatever its base: a person may have
 * changed the base.
 */
export type PullQuery = {
  readonly head: string;
  readonly base: string;
  readonly labels: readonly string[];
};

/** Pull request that must exist. `title`, `body` and `draft` apply only if the forge has to open the pull request. */
export type PullSpec = PullQuery & {
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
};

/** Combined state of all checks of a commit; `none` if there is no check. */
export type CheckState = 'none' | 'pending' | 'green' | 'red';
/** Checks of a commit. */
export type Checks = {
  readonly state: CheckState;
  /** Failing checks; `url` links to the details. */
  readonly failing: { readonly name: string; readonly summary: string; readonly url?: string }[];
  /** Names of pending checks. */
  readonly pending: string[];
  /** True if the credential may not read some of the checks, so that a person must look at them. */
  readonly hasUnreadableChecks?: boolean;
};

/** Review of a pull request; `at` in epoch milliseconds, `commit` is the reviewed commit. */
export type Review = {
  readonly id: number;
  readonly author: string;
  /** True if the author has write permission. Reviews and comments of other people never steer an agent. */
  readonly authorCanWrite: boolean;
  readonly isBot: boolean;
  readonly state: 'approved' | 'changes_requested' | 'commented' | 'dismissed';
  readonly body: string;
  readonly commit: Sha;
  readonly at: number;
};

/** Comment on a pull request; `at` in epoch milliseconds. */
export type ReviewComment = {
  readonly id: number;
  readonly author: string;
  readonly authorCanWrite: boolean;
  readonly isBot: boolean;
  readonly body: string;
  readonly path?: string;
  readonly line?: number;
  readonly at: number;
};

/** Outcome of a merge. */
export type MergeOutcome =
  | { readonly kind: 'merged'; readonly sha: Sha }
  /** The head of the pull request is not the expected commit (409). */
  | { readonly kind: 'headMoved' }
  /**
   * The forge rejected the merge (405): a rule forbids the merge, the branches conflict, or the mergeability is not computed yet.
   */
  | { readonly kind: 'notMergeable'; readonly message: string };

/** Changed file of a commit range. */
export type CommitFile = {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'removed' | 'renamed';
  readonly additions: number;
  readonly deletions: number;
};

/** Entry of a commit's tree; `size` in bytes. */
export type TreeEntry = {
  readonly path: string;
  readonly type: 'file' | 'dir' | 'submodule' | 'symlink';
  readonly size?: number;
};

/** Repository settings that affect the platform. */
export type RepositoryFacts = {
  readonly name: RepoName;
  readonly defaultBranch: string;
  readonly private: boolean;
  readonly url: string;
  readonly cloneUrl: string;
  readonly mergeMethods: ('merge' | 'squash' | 'rebase')[];
  readonly allowsDrafts: boolean;
  readonly archived: boolean;
  /** Reasons why attempts cannot work with a repository of this machine. Absent on a forge that stores the repositories itself. */
  readonly problems?: readonly { readonly code: string; readonly message: string }[];
  /** Size of the packed history in KB; absent if the forge does not report a size. */
  readonly sizeKb?: number;
  readonly permissions: { readonly push: boolean; readonly pull: boolean; readonly admin: boolean };
};

/** Repository rule or setting that affects a plan; people see findings before they approve the plan. */
export type PreflightFinding = {
  readonly rule: string;
  readonly message: string;
  /** True if the plan cannot succeed with this rule; false for information only. */
  readonly blocking: boolean;
  /** True if the rule only concerns merges into a root branch, which a simple plan does not have. */
  readonly concernsOnlyRootMerges?: boolean;
};

/** Credential for git over HTTPS; `expiresAt` in epoch milliseconds. */
export type GitCredential = {
  readonly username: string;
  readonly password: string;
  readonly expiresAt: number;
};
/** Access of a git credential to the repository's contents. */
export type GitAccess = 'read' | 'write';

/** Interface to a forge. */
export interface Forge {
  /** Matches the paths of files that define CI workflows; absent if the forge runs no CI. */
  readonly workflowFiles?: RegExp | undefined;
  readRepository(repo: RepoName): Promise<RepositoryFacts>;
  /**
   * Finds rules and missing permissions that prevent new branches under `prefix`, merges into such branches, or a pull request to
   * `base`.
   */
  runPreflight(repo: RepoName, base: string, prefix: string): Promise<PreflightFinding[]>;

  /** Returns the head of a branch; undefined if the branch does not exist. */
  readBranchHead(repo: RepoName, branch: string): Promise<Sha | undefined>;
  listBranches(
    repo: RepoName,
    prefix: string,
  ): Promise<{ readonly name: string; readonly sha: Sha }[]>;
  /** Creates a branch at `sha`, or leaves an existing branch unchanged. Returns the head of the branch. */
  ensureBranch(repo: RepoName, branch: string, sha: Sha): Promise<Sha>;
  /** Fast-forwards a branch. Returns `diverged`, and changes nothing, if the branch has commits that `sha` does not contain. */
  moveBranch(repo: RepoName, branch: string, sha: Sha): Promise<'moved' | 'diverged'>;
  /** Deletes a branch; does nothing if the branch does not exist. */
  deleteBranch(repo: RepoName, branch: string): Promise<void>;

  /** Returns true if the repository contains the commit. */
  hasCommit(repo: RepoName, sha: Sha): Promise<boolean>;
  /**
   * Compares `head` with the merge base of `head` and `base`. Lists at most 300 files; a renamed file is listed twice, its old
   * path as removed. `aheadBy` counts the commits of `head` that `base` does not contain, `behindBy` the opposite.
   */
  compareCommits(
    repo: RepoName,
    base: Sha,
    head: Sha,
  ): Promise<{
    readonly files: CommitFile[];
    readonly aheadBy: number;
    readonly behindBy: number;
    readonly mergeBase: Sha;
  }>;
  /**
   * Reads the changes from the merge base of `base` and `head` to `head` as a patch for `git apply`, at most `maxBytes` of it:
   * `truncated` is true if the patch is longer.
   */
  readPatch(
    repo: RepoName,
    base: Sha,
    head: Sha,
    maxBytes: number,
  ): Promise<{ readonly text: string; readonly truncated: boolean }>;
  /** Reads the whole tree of a commit, at most `limit` entries; `truncated` is true if the tree has more. */
  readTree(
    repo: RepoName,
    sha: Sha,
    limit: number,
  ): Promise<{ readonly entries: TreeEntry[]; readonly truncated: boolean }>;
  /** Reads at most `maxBytes` of a text file at a commit; returns undefined for a missing file or a file that is not text. */
  readFile(repo: RepoName, sha: Sha, path: string, maxBytes: number): Promise<string | undefined>;

  /** Checks for conflicts: merges `head` into a scratch branch at `base`, then deletes the scratch branch. */
  tryMerge(
    repo: RepoName,
    base: Sha,
    head: Sha,
    scratchBranch: string,
  ): Promise<'clean' | 'conflict'>;

  /** Returns the pull request that `query` selects; undefined if there is none. */
  findPull(repo: RepoName, query: PullQuery): Promise<PullRequest | undefined>;
  /**
   * Returns the pull request that `spec` selects, or opens a new pull request. Searches again immediately before opening, because
   * the result of an earlier search may be outdated.
   *
   * @throws AppError `refused` with code `no_commits` if `head` has no commit that `base` does not contain
   */
  ensurePull(repo: RepoName, spec: PullSpec): Promise<PullRequest>;
  readPull(repo: RepoName, number: number): Promise<PullRequest>;
  /**
   * Lists at most 1,000 pull requests that changed after `since` (epoch milliseconds), newest first. Sends the ETag of the previous
   * list, because the answer that nothing has changed does not count against the rate limit.
   */
  listPullsChangedSince(repo: RepoName, since: number): Promise<PullRequest[]>;
  updatePull(
    repo: RepoName,
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly labels?: string[] },
  ): Promise<void>;
  /** Marks a draft as ready for review; only the GraphQL interface can do this. */
  markReady(repo: RepoName, pull: Pick<PullRef, 'number' | 'nodeId'>): Promise<void>;
  markDraft(repo: RepoName, pull: Pick<PullRef, 'number' | 'nodeId'>): Promise<void>;
  closePull(repo: RepoName, number: number): Promise<void>;
  /** Changes the base branch of an open pull request. Error `refused`: the branch does not exist, or a rule forbids the change. */
  changePullBase(repo: RepoName, number: number, base: string): Promise<void>;
  reopenPull(repo: RepoName, number: number): Promise<void>;
  /** Merges the pull request, but only if its head is `merge.sha`. */
  mergePull(
    repo: RepoName,
    number: number,
    merge: {
      readonly sha: Sha;
      readonly title: string;
      readonly message: string;
      readonly method: 'merge' | 'squash';
    },
  ): Promise<MergeOutcome>;

  readChecks(repo: RepoName, sha: Sha): Promise<Checks>;
  /** Reads reviews and comments of a pull request, oldest first. */
  readReviews(
    repo: RepoName,
    number: number,
  ): Promise<{ readonly reviews: Review[]; readonly comments: ReviewComment[] }>;
  postComment(repo: RepoName, number: number, body: string): Promise<void>;

  /**
   * Creates a git credential for one repository, valid for at most one hour. `access` defaults to `write`. The local forge lets
   * the credential write only `branch`; GitHub cannot restrict a credential to a branch.
   */
  createGitCredential(repo: RepoName, branch: string, access?: GitAccess): Promise<GitCredential>;
}

/**
 * Verifies the `X-Hub-Signature-256` header of a webhook in constant time. Accepts a signature that was made with one of the
 * configured secrets, so that an operator can rotate secrets.
 */
export type VerifyWebhook = (body: Uint8Array, signature: string | undefined) => Promise<boolean>;
