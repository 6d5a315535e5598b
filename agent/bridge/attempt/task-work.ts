import type { Flag, Uncommitted } from '../../../core/contract/flag.ts';
import { AttemptFailure } from '../attempt-error.ts';
import { findCaseCollisions } from '../git/find-case-collisions.ts';
import { flagChanges } from '../git/flag-changes.ts';
import type { ForgeBranch } from '../git/forge-branch.ts';
import type { GitPath } from '../git/git-path.ts';
import { toDisplayPath } from '../git/git-path.ts';
import type { GitWorkspace } from '../git/git-workspace.ts';
import { groupUncommitted } from '../git/group-uncommitted.ts';
import type { MissingContents } from '../git/inspect-tree.ts';
import type {
  Change,
  CommittedChange,
  LeftOut,
  ScopeRules,
  SortedChanges,
} from '../git/sort-changes.ts';
import { sortChanges } from '../git/sort-changes.ts';
import { keepEnd, keepStart } from '../host/redactor.ts';
import type { Attempt } from './attempt.ts';
import type { OpenedRepository } from './open-repository.ts';
import { describeDuration, runCommand } from './produce-evidence.ts';

/** Merge that left conflict markers in the workspace. The next commit concludes the merge. */
export type UnresolvedMerge = {
  /** Root commit to merge. */
  readonly root: string;
  /** Paths in conflict. */
  readonly files: GitPath[];
  /** Conflict messages of git, one line each. */
  readonly messages: string;
};

/** Work without a change: a whole task, or a repair that leaves the pull request as before. */
export type NoChange = 'task' | 'repair';

/** Commit to verify, and the newest root commit that this commit contains. */
export type CommitToVerify = {
  readonly commit: string;
  readonly root: string;
  /** Absent if the work contains a change. */
  readonly noChange?: NoChange;
};

/** Repairs that are useless without a change. A merge with the root branch alone can solve the other problems. */
const REPAIRS_WITH_CHANGE: readonly string[] = ['changes_requested', 'check_red'];

/** Limit of `leftOut` in the contract of the result. */
const MAX_LEFT_OUT = 500;
const MAX_SUMMARY_CHARS = 4_000;
const MAX_SETUP_OUTPUT_CHARS = 3_000;
const MAX_SUBJECT_CHARS = 120;

/** Commits and merges the work of an attempt, and pushes the commits to the branch of the attempt. */
export class TaskWork {
  readonly #attempt: Attempt;
  readonly #workspace: GitWorkspace;
  readonly #forgeBranch: ForgeBranch;
  /** Contents of the root branch that the workspace and the verified checkout do not have. */
  readonly missingContents: MissingContents;
  readonly #leftOutByPath = new Map<string, LeftOut>();
  readonly #leftOutPaths = new Set<GitPath>();
  /** Tree of the workspace when the agent starts. */
  #preparedTree = '';
  /** Root commit on which the work is based. */
  #root = '';
  #commitCount = 0;
  /** Undefined if no merge waits for the agent to resolve its conflicts. */
  unresolvedMerge: UnresolvedMerge | undefined;

  constructor(attempt: Attempt, { workspace, forgeBranch, missingContents }: OpenedRepository) {
    this.#attempt = attempt;
    this.#workspace = workspace;
    this.#forgeBranch = forgeBranch;
    this.missingContents = missingContents;
  }

  /** Changes so far that were not committed, because their paths belong to other tasks. */
  get leftOut(): LeftOut[] {
    return [...this.#leftOutByPath.values()].slice(0, MAX_LEFT_OUT);
  }

  get #scopeRules(): ScopeRules {
    const { task, foreignScopes, shared } = this.#attempt.assignment;
    return { own: task.scope, foreign: foreignScopes, shared };
  }

  /** Checks out `start`, merges `root` for a repair, and runs set-up. Throws an AttemptFailure if a set-up command fails. */
  async prepareWorkspace(start: string, root: string): Promise<void> {
    const attempt = this.#attempt;
    const workspace = this.#workspace;
    await workspace.checkoutWithRepository(start);
    this.#root = root;
    if (attempt.assignment.kind === 'repair') await this.#mergeRoot(root, 'checkOut');
    attempt.enterPhase('setup');
    const runner = attempt.createCommandRunner(await attempt.openWorkSandbox(), attempt.childEnv);
    for (const command of attempt.assignment.setup) {
      const result = await runCommand(runner, command, attempt.folders.workspace);
      attempt.transcript.addEntry('bridge', describeDuration('set-up', result));
      if (result.exitCode === 0) continue;
      const outcome =
        result.exitCode === null ? 'did not finish' : `ended with exit code ${result.exitCode}`;
      const output = keepEnd(result.output, MAX_SETUP_OUTPUT_CHARS);
      const message = `the set-up command "${command.join(' ')}" ${outcome}\n${output}`;
      throw new AttemptFailure('setup', message);
    }
    await workspace.ignoreSetupChanges();
    this.#preparedTree = await this.#readTree(workspace.headCommit);
  }

  #readTree(commit: string): Promise<string> {
    return this.#workspace.resolveRevision(`${commit}^{tree}`);
  }

  /** Number of commits that contain changes of the agent. */
  get commitCount(): number {
    return this.#commitCount;
  }

  /** Returns which work contains no change so far; undefined if there is a change. Verification of the `end` node needs no change. */
  async findNoChange(): Promise<NoChange | undefined> {
    const { kind, task, repair } = this.#attempt.assignment;
    const { headCommit } = this.#workspace;
    if (task.end) return undefined;
    const tree = await this.#readTree(headCommit);
    if (kind === 'repair') {
      const needsChange = REPAIRS_WITH_CHANGE.includes(repair?.reason ?? '');
      return needsChange && tree === this.#preparedTree ? 'repair' : undefined;
    }
    const root = (await this.#workspace.findMergeBase(this.#root, headCommit)) ?? this.#root;
    return tree === (await this.#readTree(root)) ? 'task' : undefined;
  }

  /** Lists the files that the agent created or changed and that no commit contains, in groups. */
  async listUncommitted(): Promise<Uncommitted[]> {
    const leftOut = [...this.#leftOutPaths].map((path) => ({
      path,
      cause: 'out_of_scope' as const,
    }));
    return groupUncommitted([...leftOut, ...(await this.#workspace.listUncommitted())]);
  }

  /** Returns the files of the unresolved merge that still contain conflict markers. */
  async findUnresolvedFiles(): Promise<string[]> {
    const files = await this.#workspace.findConflictMarkers(this.unresolvedMerge?.files ?? []);
    return files.map(toDisplayPath);
  }

  /**
   * Commits the changes of a turn and pushes them as a checkpoint. Reverts the changes whose paths belong to other tasks, and returns
   * these changes unless an earlier turn has returned the same paths.
   */
  async commitTurn(summary: string): Promise<LeftOut[]> {
    const { unresolvedMerge } = this;
    const workspace = this.#workspace;
    const changes = await workspace.listChanges();
    const { toCommit, leftOut } = sortChanges(
      changes,
      this.#scopeRules,
      new Set(unresolvedMerge?.files ?? []),
    );
    const parents = unresolvedMerge ? [unresolvedMerge.root] : [];
    const commit = await workspace.commitChanges(toCommit, this.#buildCommitMessage(), parents);
    this.unresolvedMerge = undefined;
    await workspace.restorePaths(leftOut);
    if (commit) {
      this.#commitCount += 1;
      await this.#pushCheckpoint(commit, summary);
    }
    return this.#recordLeftOut(leftOut);
  }

  /** Returns the changes whose paths were not left out before. */
  #recordLeftOut(changes: SortedChanges['leftOut']): LeftOut[] {
    for (const { path } of changes) this.#leftOutPaths.add(path);
    const newlyLeftOut = changes
      .map(({ path, task }) => ({ path: toDisplayPath(path), task }))
      .filter(({ path }) => !this.#leftOutByPath.has(path));
    for (const change of newlyLeftOut) this.#leftOutByPath.set(change.path, change);
    return newlyLeftOut;
  }

  /** Pushes and reports a checkpoint. If the forge is unavailable, no work is lost: the next push includes the commit. */
  async #pushCheckpoint(commit: string, summary: string): Promise<void> {
    const attempt = this.#attempt;
    const forgeBranch = this.#forgeBranch;
    attempt.heartbeat.checkLease();
    if (!(await forgeBranch.pushCheckpoint(commit))) {
      attempt.transcript.addEntry(
        'bridge',
        'The forge is unavailable. The next push includes this checkpoint.',
      );
      return;
    }
    const redactedSummary = keepStart(attempt.redactor.redact(summary), MAX_SUMMARY_CHARS);
    await attempt.client.reportCheckpoint({ commit, summary: redactedSummary });
  }

  /**
   * Merges the current head of the root branch, unless the merge has conflicts. A task without changes has no commit of its own, so
   * the root commit is verified.
   */
  async prepareCommitToVerify(): Promise<CommitToVerify> {
    const workspace = this.#workspace;
    const { kind, task } = this.#attempt.assignment;
    const noChange = await this.findNoChange();
    const newestRoot = await this.#forgeBranch.fetchRoot();
    await this.#mergeRoot(newestRoot, 'skip');
    const root = (await workspace.findMergeBase(newestRoot, workspace.headCommit)) ?? newestRoot;
    const equalsRoot =
      (await this.#readTree(workspace.headCommit)) === (await this.#readTree(root));
    if (equalsRoot && kind === 'work' && !task.end) {
      await workspace.checkout(root);
      return { commit: root, root, noChange: 'task' };
    }
    // A repair can leave nothing to merge, for example if the root branch got the same change. A commit keeps its branch apart.
    if (await workspace.isAncestor(workspace.headCommit, root)) await this.#createEmptyCommit();
    const isUselessRepair = noChange === 'repair' || (equalsRoot && !task.end);
    return { commit: workspace.headCommit, root, ...(isUselessRepair && { noChange: 'repair' }) };
  }

  /** Pushes the final commit. Returns the paths that differ from `root`, and the changes that a person should review. */
  async deliverCommit(
    commit: string,
    root: string,
  ): Promise<{ readonly changed: string[]; readonly flagged: Flag[] }> {
    this.#attempt.heartbeat.checkLease();
    // A task without changes has no commit to push.
    if (commit !== root) await this.#forgeBranch.pushFinalCommit(commit);
    const changed = await this.#workspace.diffCommits(root, commit);
    const { verify } = this.#attempt.assignment;
    const facts = await this.#workspace.readContentFacts(changed);
    const flagged = flagChanges(changed, { rules: this.#scopeRules, verify, facts });
    return {
      changed: changed.map((change) => toDisplayPath(change.path)),
      flagged: [
        ...(await this.#flagFilesOutsideLfs(commit, changed)),
        ...this.#flagNestedRepositories(changed),
        ...flagged,
        ...(await this.#flagCaseCollisions(commit, changed)),
      ],
    };
  }

  async #flagCaseCollisions(commit: string, changed: readonly CommittedChange[]): Promise<Flag[]> {
    const added = changed.filter(({ status }) => status === 'A').map(({ path }) => path);
    if (added.length === 0) return [];
    const paths = await this.#workspace.listPaths(commit);
    return findCaseCollisions(paths, added).map(({ path, other }) => ({
      path,
      why: `differs only in case from ${other}, so macOS and Windows check out only one of both`,
      kind: 'case_collision',
    }));
  }

  #flagNestedRepositories(changed: readonly Change[]): Flag[] {
    return this.#workspace.nestedRepositories
      .filter((folder) => changed.some(({ path }) => path.startsWith(folder)))
      .map((folder) => ({
        path: toDisplayPath(folder),
        why: 'was a git repository of its own; its files are committed as ordinary files',
        kind: 'nested_repository',
      }));
  }

  async #flagFilesOutsideLfs(commit: string, changed: readonly Change[]): Promise<Flag[]> {
    if (!this.missingContents.usesLfs) return [];
    const existing = changed.filter((change) => change.status !== 'D').map((change) => change.path);
    const paths = await this.#workspace.findFilesOutsideLfs(commit, existing);
    return paths.map((path) => ({
      path: toDisplayPath(path),
      why: 'belongs in Git LFS, but is not an LFS pointer',
      kind: 'lfs',
    }));
  }

  /** Merges `root`. On conflict, the merge is either checked out so that the agent resolves the conflict, or skipped. */
  async #mergeRoot(root: string, onConflict: 'checkOut' | 'skip'): Promise<void> {
    const workspace = this.#workspace;
    if (await workspace.isAncestor(root, workspace.headCommit)) return;
    const merge = await workspace.mergeCommits(workspace.headCommit, root);
    if (merge.isClean) {
      const parents = [workspace.headCommit, root];
      const commit = await workspace.commitTree(merge.tree, parents, this.#buildMergeMessage());
      return workspace.checkout(commit);
    }
    if (onConflict === 'skip') return;
    await workspace.checkoutMerge(merge);
    this.unresolvedMerge = { root, files: merge.files, messages: merge.messages };
  }

  async #createEmptyCommit(): Promise<void> {
    const workspace = this.#workspace;
    const tree = await workspace.resolveRevision(`${workspace.headCommit}^{tree}`);
    await workspace.checkout(
      await workspace.commitTree(tree, [workspace.headCommit], this.#buildCommitMessage()),
    );
  }

  #buildCommitMessage(): string {
    if (this.unresolvedMerge) return this.#buildMergeMessage();
    const { task } = this.#attempt.assignment;
    const subject = (task.title || task.id).replace(/\s+/g, ' ').slice(0, MAX_SUBJECT_CHARS);
    return this.#addSignOff(
      this.#commitCount === 0 ? subject : `${subject} (${this.#commitCount + 1})`,
    );
  }

  #buildMergeMessage(): string {
    const { task, repository } = this.#attempt.assignment;
    return this.#addSignOff(`Merge ${repository.rootBranch} into ${task.id}`);
  }

  #addSignOff(subject: string): string {
    const { author, signOff } = this.#attempt.assignment;
    const trailer = `\nSigned-off-by: ${author.name} <${author.email}>\n`;
    return signOff ? `${subject}\n${trailer}` : `${subject}\n`;
  }
}
