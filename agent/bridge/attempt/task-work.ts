import { AttemptFailure } from '../attempt-error.ts';
import type { ForgeBranch } from '../git/forge-branch.ts';
import type { GitWorkspace } from '../git/git-workspace.ts';
import type { Change, Flagged, LeftOut, ScopeRules } from '../git/sort-changes.ts';
import { flagChanges, sortChanges } from '../git/sort-changes.ts';
import { keepEnd, keepStart } from '../host/redactor.ts';
import type { Attempt } from './attempt.ts';
import type { OpenRepository } from './open-repository.ts';
import { runCommand } from './produce-evidence.ts';

// What an attempt has made so far: commits on its branch, the root branch merged in, and what was not taken.

/** A merge whose conflicts lie in the workspace; the next commit ends it. */
export type OpenMerge = {
  readonly root: string;
  readonly files: string[];
  readonly messages: string;
};

export class TaskWork {
  readonly #attempt: Attempt;
  readonly #workspace: GitWorkspace;
  readonly #forgeBranch: ForgeBranch;
  readonly usesLfs: boolean;
  readonly #leftOutByPath = new Map<string, LeftOut>();
  #commitCount = 0;
  openMerge: OpenMerge | undefined;

  constructor(attempt: Attempt, { workspace, forgeBranch, usesLfs }: OpenRepository) {
    this.#attempt = attempt;
    this.#workspace = workspace;
    this.#forgeBranch = forgeBranch;
    this.usesLfs = usesLfs;
  }

  get leftOut(): LeftOut[] {
    return [...this.#leftOutByPath.values()].slice(0, 500);
  }

  get #scopeRules(): ScopeRules {
    const { task, foreignScopes, shared } = this.#attempt.assignment;
    return { own: task.scope, foreign: foreignScopes, shared };
  }

  /** The workspace as the agent finds it: a repair stands on a merge with `root`. */
  async prepareWorkspace(start: string, root: string): Promise<void> {
    const attempt = this.#attempt;
    const workspace = this.#workspace;
    await workspace.checkout(start, true);
    if (attempt.assignment.kind === 'repair') await this.#mergeRoot(root, true);
    attempt.enterPhase('setup');
    for (const command of attempt.assignment.setup) {
      const result = await runCommand(attempt.commandRunner, command, attempt.folders.workspace);
      if (result.exitCode === 0) continue;
      const how = result.exitCode === null ? 'did not run' : `ended with ${result.exitCode}`;
      const message = `set-up: ${command.join(' ')} ${how}\n${keepEnd(result.output, 3_000)}`;
      throw new AttemptFailure('setup', message);
    }
    await workspace.ignoreSetupChanges();
  }

  /** Of the files in conflict, those that still hold markers. */
  findUnresolvedFiles(): Promise<string[]> {
    return this.#workspace.findConflictMarkers(this.openMerge?.files ?? []);
  }

  /** Commits what may be committed and pushes it as a checkpoint. Answers what was newly left out; that is put back. */
  async commitTurn(summary: string): Promise<LeftOut[]> {
    const { openMerge } = this;
    const workspace = this.#workspace;
    const changes = await workspace.listChanges();
    const sorted = sortChanges(changes, this.#scopeRules, new Set(openMerge?.files ?? []));
    const parents = openMerge ? [openMerge.root] : [];
    const commit = await workspace.commitChanges(
      sorted.commit,
      this.#buildCommitMessage(),
      parents,
    );
    this.openMerge = undefined;
    await workspace.restorePaths(sorted.leftOut);
    if (commit) {
      this.#commitCount += 1;
      await this.#pushCheckpoint(commit, summary);
    }
    return this.#recordLeftOut(sorted.leftOut);
  }

  #recordLeftOut(changes: readonly (Change & LeftOut)[]): LeftOut[] {
    const fresh = changes
      .filter(({ path }) => !this.#leftOutByPath.has(path))
      .map(({ path, task }) => ({ path, task }));
    for (const each of fresh) this.#leftOutByPath.set(each.path, each);
    return fresh;
  }

  /** A forge that does not take it now costs no work: the next push brings it along. */
  async #pushCheckpoint(commit: string, summary: string): Promise<void> {
    const attempt = this.#attempt;
    const forgeBranch = this.#forgeBranch;
    attempt.heartbeat.checkLease();
    if (!(await forgeBranch.pushCheckpoint(commit))) {
      attempt.transcript.addEntry('bridge', 'The forge does not take a checkpoint just now.');
      return;
    }
    const text = keepStart(attempt.redactor.redact(summary), 4_000);
    await attempt.client.checkpoint({ commit, summary: text });
  }

  /** The commit to verify, with the root branch in it as far as it merges; `root` is what it contains of that. */
  async prepareCommitToVerify(): Promise<{ readonly commit: string; readonly root: string }> {
    const workspace = this.#workspace;
    const newest = await this.#forgeBranch.fetchRoot();
    await this.#mergeRoot(newest, false);
    const root = (await workspace.findMergeBase(newest, workspace.headCommit)) ?? newest;
    // No difference is a result too: it stands as an empty commit.
    if (await workspace.isAncestor(workspace.headCommit, root)) await this.#createEmptyCommit();
    return { commit: workspace.headCommit, root };
  }

  /** Pushes it and says what it changes. */
  async deliverCommit(
    commit: string,
    root: string,
  ): Promise<{ readonly changed: string[]; readonly flagged: Flagged[] }> {
    this.#attempt.heartbeat.checkLease();
    await this.#forgeBranch.pushFinalCommit(commit);
    const changed = await this.#workspace.diffCommits(root, commit);
    const flagged = flagChanges(changed, this.#scopeRules, this.#attempt.assignment.verify);
    const paths = changed.map((change) => change.path);
    return {
      changed: paths,
      flagged: [...(await this.#flagFilesOutsideLfs(commit, changed)), ...flagged],
    };
  }

  async #flagFilesOutsideLfs(commit: string, changed: readonly Change[]): Promise<Flagged[]> {
    if (!this.usesLfs) return [];
    const there = changed.filter((change) => change.status !== 'D').map((change) => change.path);
    const paths = await this.#workspace.findFilesOutsideLfs(commit, there);
    return paths.map((path) => ({ path, why: 'belongs to Git LFS, and is not a pointer' }));
  }

  /** `leaveConflicts`: for the agent to resolve; else a root that conflicts is left alone. */
  async #mergeRoot(root: string, leaveConflicts: boolean): Promise<void> {
    const workspace = this.#workspace;
    if (await workspace.isAncestor(root, workspace.headCommit)) return;
    const merge = await workspace.mergeCommits(workspace.headCommit, root);
    if (merge.isClean) {
      const parents = [workspace.headCommit, root];
      const commit = await workspace.commitTree(merge.tree, parents, this.#buildMergeMessage());
      return workspace.checkout(commit);
    }
    if (!leaveConflicts) return;
    await workspace.checkoutMerge(merge);
    this.openMerge = { root, files: merge.files, messages: merge.messages };
  }

  async #createEmptyCommit(): Promise<void> {
    const workspace = this.#workspace;
    const tree = await workspace.resolveRevision(`${workspace.headCommit}^{tree}`);
    await workspace.checkout(
      await workspace.commitTree(tree, [workspace.headCommit], this.#buildCommitMessage()),
    );
  }

  #buildCommitMessage(): string {
    if (this.openMerge) return this.#buildMergeMessage();
    const { task } = this.#attempt.assignment;
    const subject = (task.title || task.id).replace(/\s+/g, ' ').slice(0, 120);
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
