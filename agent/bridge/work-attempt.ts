import type { AttemptResult } from '../../core/contract/attempt.ts';
import type { Evidence } from '../../core/contract/task.ts';
import type { Attempt } from './attempt.ts';
import { AttemptFailure } from './attempt-end.ts';
import { CodingAgent, type Turn } from './coding-agent.ts';
import type { GitWorkspace } from './git-workspace.ts';
import { openRepository } from './open-repository.ts';
import { head, tail } from './redact.ts';
import { flagChanges, type LeftOut, sortChanges } from './scope.ts';
import { renderSteering } from './steering.ts';
import {
  GO_ON,
  readGivingUp,
  renderConflictReminder,
  renderLeftOut,
  renderTaskPrompt,
  renderVerifyFeedback,
} from './task-prompt.ts';
import { makeEvidence, runCommand } from './verify.ts';

// A `work` or `repair` attempt: the agent's turns, each committed and pushed as a checkpoint, until verify is green.

const MAX_FIXES = 2;
const MAX_CONTINUATIONS = 3;

export type WorkOptions = { mirrorDir: string | undefined; agentCommand: string[] | undefined };

export async function runWorkAttempt(
  attempt: Attempt,
  options: WorkOptions,
): Promise<AttemptResult> {
  const { start } = attempt.assignment.repository;
  // Both take their time and neither needs the other.
  const starting = CodingAgent.start(attempt, options.agentCommand);
  starting.catch(() => {});
  try {
    const { repository, root } = await openRepository(attempt, options.mirrorDir, [start]);
    const work = new Work(attempt, repository);
    await work.prepare(start, root);
    const agent = await starting;
    await agent.open();
    return await work.run(agent);
  } finally {
    const agent = await starting.catch(() => undefined);
    await agent?.close();
  }
}

class Work {
  private readonly attempt: Attempt;
  private readonly repository: GitWorkspace;
  private readonly leftOut = new Map<string, LeftOut>();
  /** Of a merge with conflicts that is not committed yet. */
  private openMerge: { root: string; files: string[]; messages: string } | undefined;
  private evidence: Evidence | undefined;
  private summary = '';
  private turns = 0;
  private fixes = 0;
  private continuations = 0;
  private reminded = false;

  constructor(attempt: Attempt, repository: GitWorkspace) {
    this.attempt = attempt;
    this.repository = repository;
  }

  private get subject(): string {
    const { task } = this.attempt.assignment;
    return (task.title || task.id).replace(/\s+/g, ' ').slice(0, 120);
  }

  /** The workspace as the agent finds it. */
  async prepare(start: string, root: string): Promise<void> {
    const { attempt, repository } = this;
    await repository.checkout(start, true);
    if (attempt.assignment.kind === 'repair') await this.mergeRoot(root, true);
    attempt.enter('setup');
    for (const command of attempt.assignment.setup) {
      const result = await runCommand(attempt.runner, command, attempt.folders.workspace);
      if (result.exitCode === 0) continue;
      const how = result.exitCode === null ? 'did not run' : `ended with ${result.exitCode}`;
      const message = `set-up: ${command.join(' ')} ${how}\n${tail(result.output, 3_000)}`;
      throw new AttemptFailure('setup', message);
    }
    await repository.ignoreSetup();
  }

  async run(agent: CodingAgent): Promise<AttemptResult> {
    let prompt: string | undefined = this.firstPrompt();
    while (prompt !== undefined) {
      const turn = await agent.turn(prompt);
      this.turns += 1;
      prompt = await this.afterTurn(turn);
    }
    return this.result(agent);
  }

  private firstPrompt(): string {
    const { assignment } = this.attempt;
    const { rootBranch } = assignment.repository;
    return renderTaskPrompt(assignment, this.openMerge && { ...this.openMerge, rootBranch });
  }

  /** What the agent is told next; undefined when it is done and green. */
  private async afterTurn(turn: Turn): Promise<string | undefined> {
    const unfinished = this.judgeTurn(turn) ?? (await this.judgeMerge(turn));
    if (unfinished !== undefined) return unfinished;
    if (turn.text !== '') this.summary = turn.text;
    const leftOut =
      this.openMerge && turn.stopReason === 'cancelled' ? [] : await this.commitTurn();
    const told = [
      this.takeMessages(),
      leftOut.length > 0 ? this.tell(renderLeftOut(leftOut)) : undefined,
    ];
    const next = told.filter((part) => part !== undefined).join('\n\n');
    if (next !== '') return next;
    return (await this.untilFinish()) ?? (await this.verify());
  }

  /** For a turn that did not come to its end. */
  private judgeTurn({ stopReason, text }: Turn): string | undefined {
    if (stopReason === 'refusal')
      throw new AttemptFailure('agent', `the agent refuses: ${head(text, 2_000)}`);
    const reason = this.attempt.assignment.task.interactive ? undefined : readGivingUp(text);
    if (reason !== undefined) throw new AttemptFailure('agent', `the agent gives up: ${reason}`);
    if (stopReason !== 'max_tokens' && stopReason !== 'max_turn_requests') return undefined;
    this.continuations += 1;
    if (this.continuations <= MAX_CONTINUATIONS) return this.tell(GO_ON);
    throw new AttemptFailure('limit', `the agent did not come to an end (${stopReason})`);
  }

  private async judgeMerge(turn: Turn): Promise<string | undefined> {
    if (!this.openMerge || turn.stopReason === 'cancelled') return undefined;
    const files = await this.repository.withMarkers(this.openMerge.files);
    if (files.length === 0) return undefined;
    if (this.reminded) {
      const message = `conflict markers were left in ${files.slice(0, 20).join(', ')}`;
      throw new AttemptFailure('agent', message, { files: files.slice(0, 500) });
    }
    this.reminded = true;
    return this.tell(renderConflictReminder(files));
  }

  /** What the bridge itself says to the agent is for people to see, too. */
  private tell(text: string): string {
    this.attempt.transcript.entry('bridge', text);
    return text;
  }

  private takeMessages(): string | undefined {
    const { inbox, transcript } = this.attempt;
    const messages = inbox.take();
    for (const message of messages) transcript.entry('user', `${message.author}: ${message.text}`);
    return messages.length === 0 ? undefined : renderSteering(messages);
  }

  /** An interactive task waits for people until it is told to finish. */
  private async untilFinish(): Promise<string | undefined> {
    const { attempt } = this;
    if (!attempt.assignment.task.interactive || attempt.inbox.finish) return undefined;
    attempt.enter('waiting');
    await attempt.inbox.untilSomething(attempt.signal);
    return this.takeMessages();
  }

  /** Commits what may be committed and pushes it as a checkpoint. Answers what was newly left out; that is put back. */
  private async commitTurn(): Promise<LeftOut[]> {
    const { repository, attempt, openMerge } = this;
    const { task, foreignScopes, shared } = attempt.assignment;
    const changes = await repository.changes();
    const rules = { own: task.scope, foreign: foreignScopes, shared };
    const sorted = sortChanges(changes, rules, new Set(openMerge?.files ?? []));
    const parents = openMerge ? [openMerge.root] : [];
    const commit = await repository.commit(sorted.commit, this.message(), parents);
    this.openMerge = undefined;
    await repository.restore(sorted.leftOut);
    if (commit) await this.checkpoint(commit);
    const fresh = sorted.leftOut.filter(({ path }) => !this.leftOut.has(path));
    for (const { path, task: owner } of fresh) this.leftOut.set(path, { path, task: owner });
    return fresh;
  }

  private async checkpoint(commit: string): Promise<void> {
    const { attempt, repository } = this;
    attempt.heartbeat.check();
    await repository.push(commit);
    await attempt.client.checkpoint({
      commit,
      summary: head(attempt.redactor.redact(this.summary), 4_000),
    });
  }

  private message(): string {
    const { assignment } = this.attempt;
    const again = this.turns > 1 ? ` (${this.turns})` : '';
    const subject = this.openMerge
      ? `Merge ${assignment.repository.rootBranch} into ${assignment.task.id}`
      : `${this.subject}${again}`;
    return this.signed(subject);
  }

  private signed(subject: string): string {
    const { author, signOff } = this.attempt.assignment;
    return signOff
      ? `${subject}\n\nSigned-off-by: ${author.name} <${author.email}>\n`
      : `${subject}\n`;
  }

  /** Merges the root branch into the workspace if it has moved on. `leaveConflicts`: for the agent to resolve. */
  private async mergeRoot(root: string, leaveConflicts: boolean): Promise<void> {
    const { repository } = this;
    if (await repository.isAncestor(root, repository.head)) return;
    const merge = await repository.merge(repository.head, root);
    const { rootBranch } = this.attempt.assignment.repository;
    if (merge.clean) {
      const message = this.signed(`Merge ${rootBranch} into ${this.attempt.assignment.task.id}`);
      await repository.checkout(
        await repository.commitTree(merge.tree, [repository.head, root], message),
      );
      return;
    }
    if (!leaveConflicts) return;
    await repository.checkoutMerge(merge);
    this.openMerge = { root, files: merge.files, messages: merge.messages };
  }

  /** Verifies exactly the commit that would be reported, with the root branch in it. Answers what is red, for the agent. */
  private async verify(): Promise<string | undefined> {
    const { attempt, repository } = this;
    attempt.enter('verifying');
    const root = await repository.fetchRoot();
    await this.mergeRoot(root, false);
    const contained = (await repository.mergeBase(root, repository.head)) ?? root;
    if (await repository.isAncestor(repository.head, contained)) await this.commitNothing();
    const { setup, verify } = attempt.assignment;
    const commit = repository.head;
    const evidence = await makeEvidence({
      ...attempt.runner,
      repository,
      setup,
      verify,
      commit,
      root: contained,
    });
    this.evidence = evidence;
    if (evidence.green) return this.takeMessages();
    this.fixes += 1;
    if (this.fixes <= MAX_FIXES)
      return this.tell(renderVerifyFeedback(evidence, this.leftOutList()));
    const failure = new AttemptFailure('verify_red', 'verification is red', { evidence });
    failure.leftOut = this.leftOutList();
    throw failure;
  }

  /** No difference is a result too: it stands as an empty commit. */
  private async commitNothing(): Promise<void> {
    const { repository } = this;
    const tree = await repository.resolve(`${repository.head}^{tree}`);
    const message = this.signed(this.subject);
    await repository.checkout(await repository.commitTree(tree, [repository.head], message));
  }

  private async result(agent: CodingAgent): Promise<AttemptResult> {
    const { attempt, repository, evidence } = this;
    if (!evidence) throw new Error('there is no evidence');
    attempt.enter('pushing');
    attempt.heartbeat.check();
    await repository.push(evidence.commit);
    const changed = await repository.diff(evidence.root, evidence.commit);
    const { task, foreignScopes, shared, verify } = attempt.assignment;
    const rules = { own: task.scope, foreign: foreignScopes, shared };
    const clean = attempt.redactor.redact;
    return {
      outcome: 'done',
      commit: evidence.commit,
      evidence,
      summary: head(clean(this.summary), 8_000),
      workLog: agent.workLog.map((line) => head(clean(line), 400)),
      changed: changed.map((change) => change.path).slice(0, 3_000),
      leftOut: this.leftOutList(),
      flagged: flagChanges(changed, rules, verify).slice(0, 500),
      usage: attempt.meter.usage(),
    };
  }

  private leftOutList(): LeftOut[] {
    return [...this.leftOut.values()].slice(0, 500);
  }
}
