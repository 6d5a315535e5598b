// A forge (GitHub, or the laptop's own) as the core sees it. Every call may throw AppError: `notFound`; `paused` (rate
// limit, with `until`); `refused` (a rule of the repository, named in the message); `transient` (5xx, network); `auth`.
// Everything is idempotent for a caller that repeats itself: ensureX finds what an earlier call left behind.

export type Sha = string;

/** "owner/name" on the forge. */
export type RepoName = string;

export type PullState = 'open' | 'closed' | 'merged';

/** What a pull request is known by. */
export type PullRef = {
  readonly number: number;
  /** GraphQL id. */
  readonly nodeId: string;
  readonly url: string;
};

export type PullRequest = PullRef & {
  readonly title: string;
  readonly body: string;
  readonly state: PullState;
  readonly draft: boolean;
  readonly head: string;
  readonly headSha: Sha;
  readonly base: string;
  /** null: the forge has not computed it yet; read again. */
  readonly mergeable: boolean | null;
  /** Of the merge commit once `state` is merged. */
  readonly mergeSha?: Sha;
  readonly labels: readonly string[];
  readonly updatedAt: number;
  /** Login of who opened, and whether it is a person with write permission is not known here. */
  readonly author: string;
};

/**
 * From head into base in whatever state: the open one, else the newest that was merged, else the newest. Else an open one from
 * head that bears any of these labels, wherever a person had it go; without labels there is none.
 */
export type PullQuery = {
  readonly head: string;
  readonly base: string;
  readonly labels: readonly string[];
};

export type WantedPull = PullQuery & {
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
};

export type CheckState = 'none' | 'pending' | 'green' | 'red';
export type Checks = {
  readonly state: CheckState;
  /** Failing or pending check names, with their details link. */
  readonly failing: { readonly name: string; readonly summary: string; readonly url?: string }[];
  readonly pending: string[];
  /** The credential may not read some of them: a person has to look. */
  readonly unread?: boolean;
};

export type Review = {
  readonly id: number;
  readonly author: string;
  /** Only write permission counts: a stranger's review or comment never steers an agent. */
  readonly authorCanWrite: boolean;
  readonly isBot: boolean;
  readonly state: 'approved' | 'changes_requested' | 'commented' | 'dismissed';
  readonly body: string;
  readonly commit: Sha;
  readonly at: number;
};

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

export type MergeOutcome =
  | { readonly kind: 'merged'; readonly sha: Sha }
  /** 409: the PR's head is not the sha that was given. */
  | { readonly kind: 'headMoved' }
  /** 405: not mergeable now, with the forge's words; may be a rule, a conflict or only not computed yet. */
  | { readonly kind: 'notMergeable'; readonly message: string };

export type CommitFile = {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'removed' | 'renamed';
  readonly additions: number;
  readonly deletions: number;
};

export type TreeEntry = {
  readonly path: string;
  readonly type: 'file' | 'dir' | 'submodule' | 'symlink';
  readonly size?: number;
};

export type RepositoryFacts = {
  readonly name: RepoName;
  readonly defaultBranch: string;
  readonly private: boolean;
  readonly url: string;
  readonly cloneUrl: string;
  readonly mergeMethods: ('merge' | 'squash' | 'rebase')[];
  readonly allowsDrafts: boolean;
  readonly archived: boolean;
  /** As the forge reports it, of what is packed; absent: it does not say. */
  readonly sizeKb?: number;
  readonly permissions: { readonly push: boolean; readonly pull: boolean; readonly admin: boolean };
};

/**
 * What would stop a plan, said before approval. `blocking` false: only worth knowing. `lane`: it stops merges into a root
 * branch, which a simple plan has none of.
 */
export type PreflightFinding = {
  readonly rule: string;
  readonly message: string;
  readonly blocking: boolean;
  readonly lane?: boolean;
};

export type GitCredential = {
  readonly username: string;
  readonly password: string;
  readonly expiresAt: number;
};
export type GitAccess = 'read' | 'write';

export interface Forge {
  readRepository(repo: RepoName): Promise<RepositoryFacts>;
  /** Protections and permissions that would stop branches under `prefix`, merges into them, or a PR to `base`. */
  runPreflight(repo: RepoName, base: string, prefix: string): Promise<PreflightFinding[]>;

  /** The commit a branch points at; undefined when there is no such branch. */
  readBranchHead(repo: RepoName, branch: string): Promise<Sha | undefined>;
  listBranches(
    repo: RepoName,
    prefix: string,
  ): Promise<{ readonly name: string; readonly sha: Sha }[]>;
  /** Creates it; when it exists it is left as it is. Returns where it points now. */
  ensureBranch(repo: RepoName, branch: string, sha: Sha): Promise<Sha>;
  /** Fast-forward only, never by force. `diverged`: the branch has commits that `sha` does not; it was left alone. */
  moveBranch(repo: RepoName, branch: string, sha: Sha): Promise<'moved' | 'diverged'>;
  /** Deleting what is not there is no error. */
  deleteBranch(repo: RepoName, branch: string): Promise<void>;

  /** Whether `sha` is in the repository. */
  hasCommit(repo: RepoName, sha: Sha): Promise<boolean>;
  /** Files that `head` changed since its merge base with `base`, a rename's old path as a removed one; `aheadBy` commits of head not in base. At most 300 files. */
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
  /** The whole tree of a commit, at most `limit` entries; `truncated` when there are more. */
  readTree(
    repo: RepoName,
    sha: Sha,
    limit: number,
  ): Promise<{ readonly entries: TreeEntry[]; readonly truncated: boolean }>;
  /** Text of a file at a commit, at most maxBytes; undefined when missing or not text. */
  readFile(repo: RepoName, sha: Sha, path: string, maxBytes: number): Promise<string | undefined>;

  /** Merges `head` into a scratch branch made at `base` and deletes it again: the only judge of a conflict. */
  tryMerge(
    repo: RepoName,
    base: Sha,
    head: Sha,
    scratchBranch: string,
  ): Promise<'clean' | 'conflict'>;

  findPull(repo: RepoName, query: PullQuery): Promise<PullRequest | undefined>;
  /**
   * Finds it as findPull does, as the last thing before it opens one, since a late caller knows little. Refuses with code
   * `no_commits` when head has nothing on base.
   */
  ensurePull(repo: RepoName, wanted: WantedPull): Promise<PullRequest>;
  readPull(repo: RepoName, number: number): Promise<PullRequest>;
  /** Changed since, newest first, at most 1,000; with the forge's validator, so that an unchanged list is cheap. */
  listPullsChangedSince(repo: RepoName, since: number): Promise<PullRequest[]>;
  updatePull(
    repo: RepoName,
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly labels?: string[] },
  ): Promise<void>;
  /** GraphQL: REST cannot do it. Idempotent. */
  markReady(repo: RepoName, pull: Pick<PullRef, 'number' | 'nodeId'>): Promise<void>;
  markDraft(repo: RepoName, pull: Pick<PullRef, 'number' | 'nodeId'>): Promise<void>;
  closePull(repo: RepoName, number: number): Promise<void>;
  reopenPull(repo: RepoName, number: number): Promise<void>;
  /** Merges only if the head is `sha`. */
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
  /** Reviews and comments of a PR, oldest first. */
  readReviews(
    repo: RepoName,
    number: number,
  ): Promise<{ readonly reviews: Review[]; readonly comments: ReviewComment[] }>;
  postComment(repo: RepoName, number: number, body: string): Promise<void>;

  /** For the bridge: the contents of one repository, to write unless told, at most an hour. */
  createGitCredential(repo: RepoName, branch: string, access?: GitAccess): Promise<GitCredential>;
}

/** `X-Hub-Signature-256` of the bytes that came, compared in constant time; all secrets are tried, so that they can rotate. */
export type VerifyWebhook = (body: Uint8Array, signature: string | undefined) => Promise<boolean>;
