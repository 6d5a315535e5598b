import type { Attempt } from './attempt.ts';
import { AttemptFailure } from './attempt-end.ts';
import type { ForgeBranch } from './forge-branch.ts';
import type { GitWorkspace } from './git-workspace.ts';
import type { OpenRepository } from './open-repository.ts';
import { head, tail } from './redact.ts';
import {
  type Change,
  type Flagged,
  flagChanges,
  type LeftOut,
  type ScopeRules,
  sortChanges,
} from './scope.ts';
import { runCommand } from './verify.ts';

// What an attempt has made so far: commits on its branch, the root branch merged in, and what was not taken.

/** A merge whose conflicts lie in the workspace; the next commit ends it. */
export type OpenMerge = { root: string; files: string[]; messages: string };

export class TaskWork {
  private readonly attempt: Attempt;
  private readonly workspace: GitWorkspace;
  private readonly forge: ForgeBranch;
  readonly lfs: boolean;
  private readonly allLeftOut = new Map<string, LeftOut>();
  private commits = 0;
  openMerge: OpenMerge | undefined;

  constructor(attempt: Attempt, { workspace, forge, lfs }: OpenRepository) {
    this.attempt = attempt;
    this.workspace = workspace;
    this.forge = forge;
    this.lfs = lfs;
  }

  get leftOut(): LeftOut[] {
    return [...this.allLeftOut.values()].slice(0, 500);
  }

  private get rules(): ScopeRules {
    const { task, foreignScopes, shared } = this.attempt.assignment;
    return { own: task.scope, foreign: foreignScopes, shared };
  }

  /** The workspace as the agent finds it: a repair stands on a merge with `root`. */
  async prepare(start: string, root: string): Promise<void> {
    const { attempt, workspace } = this;
    await workspace.checkout(start, true);
    if (attempt.assignment.kind === 'repair') await this.mergeRoot(root, true);
    attempt.enter('setup');
    for (const command of attempt.assignment.setup) {
      const result = await runCommand(attempt.runner, command, attempt.folders.workspace);
      if (result.exitCode === 0) continue;
      const how = result.exitCode === null ? 'did not run' : `ended with ${result.exitCode}`;
      const message = `set-up: ${command.join(' ')} ${how}\n${tail(result.output, 3_000)}`;
      throw new AttemptFailure('setup', message);
    }
    await workspace.ignoreSetup();
  }

  /** Of the files in conflict, those that still hold markers. */
  unresolved(): Promise<string[]> {
    return this.workspace.withMarkers(this.openMerge?.files ?? []);
  }

  /** Commits what may be committed and pushes it as a checkpoint. Answers what was newly left out; that is put back. */
  async commitTurn(summary: string): Promise<LeftOut[]> {
    const { workspace, openMerge } = this;
    const changes = await workspace.changes();
    const sorted = sortChanges(changes, this.rules, new Set(openMerge?.files ?? []));
    const parents = openMerge ? [openMerge.root] : [];
    const commit = await workspace.commit(sorted.commit, this.message(), parents);
    this.openMerge = undefined;
    await workspace.restore(sorted.leftOut);
    if (commit) {
      this.commits += 1;
      await this.checkpoint(commit, summary);
    }
    return this.noteLeftOut(sorted.leftOut);
  }

  private noteLeftOut(changes: readonly (Change & LeftOut)[]): LeftOut[] {
    const fresh = changes
      .filter(({ path }) => !this.allLeftOut.has(path))
      .map(({ path, task }) => ({ path, task }));
    for (const each of fresh) this.allLeftOut.set(each.path, each);
    return fresh;
  }

  /** A forge that does not take it now costs no work: the next push brings it along. */
  private async checkpoint(commit: string, summary: string): Promise<void> {
    const { attempt, forge } = this;
    attempt.heartbeat.check();
    if (!(await forge.pushCheckpoint(commit))) {
      attempt.transcript.entry('bridge', 'The forge does not take a checkpoint just now.');
      return;
    }
    const text = head(attempt.redactor.redact(summary), 4_000);
    await attempt.client.checkpoint({ commit, summary: text });
  }

  /** The commit to verify, with the root branch in it as far as it merges; `root` is what it contains of that. */
  async commitToVerify(): Promise<{ commit: string; root: string }> {
    const { workspace } = this;
    const newest = await this.forge.fetchRoot();
    await this.mergeRoot(newest, false);
    const root = (await workspace.mergeBase(newest, workspace.head)) ?? newest;
    // No difference is a result too: it stands as an empty commit.
    if (await workspace.isAncestor(workspace.head, root)) await this.commitNothing();
    return { commit: workspace.head, root };
  }

  /** Pushes it and says what it changes. */
  async deliver(commit: string, root: string): Promise<{ changed: string[]; flagged: Flagged[] }> {
    this.attempt.heartbeat.check();
    await this.forge.push(commit);
    const changed = await this.workspace.diff(root, commit);
    const flagged = flagChanges(changed, this.rules, this.attempt.assignment.verify);
    const paths = changed.map((change) => change.path);
    return { changed: paths, flagged: [...(await this.flagLfs(commit, changed)), ...flagged] };
  }

  private async flagLfs(commit: string, changed: readonly Change[]): Promise<Flagged[]> {
    if (!this.lfs) return [];
    const there = changed.filter((change) => change.status !== 'D').map((change) => change.path);
    const paths = await this.workspace.outsideLfs(commit, there);
    return paths.map((path) => ({ path, why: 'belongs to Git LFS, and is not a pointer' }));
  }

  /** `leaveConflicts`: for the agent to resolve; else a root that conflicts is left alone. */
  private async mergeRoot(root: string, leaveConflicts: boolean): Promise<void> {
    const { workspace } = this;
    if (await workspace.isAncestor(root, workspace.head)) return;
    const merge = await workspace.merge(workspace.head, root);
    if (merge.clean) {
      const parents = [workspace.head, root];
      const commit = await workspace.commitTree(merge.tree, parents, this.mergeMessage());
      return workspace.checkout(commit);
    }
    if (!leaveConflicts) return;
    await workspace.checkoutMerge(merge);
    this.openMerge = { root, files: merge.files, messages: merge.messages };
  }

  private async commitNothing(): Promise<void> {
    const { workspace } = this;
    const tree = await workspace.resolve(`${workspace.head}^{tree}`);
    await workspace.checkout(await workspace.commitTree(tree, [workspace.head], this.message()));
  }

  private message(): string {
    if (this.openMerge) return this.mergeMessage();
    const { task } = this.attempt.assignment;
    const subject = (task.title || task.id).replace(/\s+/g, ' ').slice(0, 120);
    return this.signed(this.commits === 0 ? subject : `${subject} (${this.commits + 1})`);
  }

  private mergeMessage(): string {
    const { task, repository } = this.attempt.assignment;
    return this.signed(`Merge ${repository.rootBranch} into ${task.id}`);
  }

  private signed(subject: string): string {
    const { author, signOff } = this.attempt.assignment;
    const trailer = `\nSigned-off-by: ${author.name} <${author.email}>\n`;
    return signOff ? `${subject}\n${trailer}` : `${subject}\n`;
  }
}
