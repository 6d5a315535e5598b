import type { AttemptResult } from '../../core/contract/attempt.ts';
import type { Evidence } from '../../core/contract/task.ts';
import type { Attempt } from './attempt.ts';
import { AttemptFailure } from './attempt-end.ts';
import { CodingAgent, type Turn } from './coding-agent.ts';
import type { GitWorkspace } from './git-workspace.ts';
import { LFS_NOTE } from './lfs.ts';
import { openRepository } from './open-repository.ts';
import { head } from './redact.ts';
import { renderSteering } from './steering.ts';
import {
  GO_ON,
  readGivingUp,
  renderConflictReminder,
  renderLeftOut,
  renderTaskPrompt,
  renderVerifyFeedback,
} from './task-prompt.ts';
import { TaskWork } from './task-work.ts';
import { makeEvidence } from './verify.ts';

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
    const opened = await openRepository(attempt, options.mirrorDir, [start]);
    const work = new TaskWork(attempt, opened);
    await work.prepare(start, opened.root);
    const agent = await starting;
    await agent.open();
    return await new Conversation(attempt, work, opened.workspace, agent).run();
  } finally {
    const agent = await starting.catch(() => undefined);
    await agent?.close();
  }
}

/** What is said to the agent, turn by turn, and when it is enough. */
class Conversation {
  private readonly attempt: Attempt;
  private readonly work: TaskWork;
  private readonly workspace: GitWorkspace;
  private readonly agent: CodingAgent;
  private summary = '';
  private fixes = 0;
  private continuations = 0;
  private reminded = false;

  constructor(attempt: Attempt, work: TaskWork, workspace: GitWorkspace, agent: CodingAgent) {
    this.attempt = attempt;
    this.work = work;
    this.workspace = workspace;
    this.agent = agent;
  }

  async run(): Promise<AttemptResult> {
    const { assignment } = this.attempt;
    const { openMerge } = this.work;
    const { rootBranch } = assignment.repository;
    const conflict = openMerge && { ...openMerge, rootBranch };
    let prompt = renderTaskPrompt(assignment, conflict, this.work.lfs ? [LFS_NOTE] : []);
    for (;;) {
      const turn = await this.agent.turn(prompt);
      const next = (await this.afterTurn(turn)) ?? (await this.verify());
      if (typeof next !== 'string') return this.result(next);
      prompt = next;
    }
  }

  /** What the agent is told next; undefined when its work is to be verified. */
  private async afterTurn(turn: Turn): Promise<string | undefined> {
    const { work } = this;
    const unfinished = this.judgeTurn(turn) ?? (await this.judgeMerge(turn));
    if (unfinished !== undefined) return unfinished;
    if (turn.text !== '') this.summary = turn.text;
    // A merge that was broken off is not to be committed with its markers.
    const isOpen = work.openMerge !== undefined && turn.stopReason === 'cancelled';
    const leftOut = isOpen ? [] : await work.commitTurn(this.summary);
    const said = this.takeMessages();
    const told = leftOut.length > 0 ? this.tell(renderLeftOut(leftOut)) : undefined;
    if (said !== undefined && told !== undefined) return `${told}\n\n${said}`;
    return said ?? told ?? (isOpen ? this.tell(GO_ON) : this.untilFinish());
  }

  /** For a turn that did not come to its end. */
  private judgeTurn({ stopReason, text }: Turn): string | undefined {
    if (stopReason === 'refusal') {
      throw new AttemptFailure('agent', `the agent refuses: ${head(text, 2_000)}`);
    }
    const reason = this.attempt.assignment.task.interactive ? undefined : readGivingUp(text);
    if (reason !== undefined) throw new AttemptFailure('agent', `the agent gives up: ${reason}`);
    if (stopReason !== 'max_tokens' && stopReason !== 'max_turn_requests') return undefined;
    this.continuations += 1;
    if (this.continuations <= MAX_CONTINUATIONS) return this.tell(GO_ON);
    throw new AttemptFailure('limit', `the agent did not come to an end (${stopReason})`);
  }

  private async judgeMerge(turn: Turn): Promise<string | undefined> {
    if (!this.work.openMerge || turn.stopReason === 'cancelled') return undefined;
    const files = await this.work.unresolved();
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
    await attempt.whileWaiting(() => attempt.inbox.untilSomething(attempt.signal));
    return this.takeMessages();
  }

  /** Verifies exactly the commit that would be reported. Green evidence, or what the agent is told. */
  private async verify(): Promise<Evidence | string> {
    const { attempt, work, workspace } = this;
    attempt.enter('verifying');
    const { setup, verify } = attempt.assignment;
    const { commit, root } = await work.commitToVerify();
    const evidence = await makeEvidence({
      ...attempt.runner,
      workspace,
      setup,
      verify,
      commit,
      root,
    });
    if (evidence.green) return this.takeMessages() ?? evidence;
    this.fixes += 1;
    if (this.fixes <= MAX_FIXES) return this.tell(renderVerifyFeedback(evidence, work.leftOut));
    const failure = new AttemptFailure('verify_red', 'verification is red', { evidence });
    failure.leftOut = work.leftOut;
    throw failure;
  }

  private async result(evidence: Evidence): Promise<AttemptResult> {
    const { attempt, work } = this;
    attempt.enter('pushing');
    const delivered = await work.deliver(evidence.commit, evidence.root);
    const clean = attempt.redactor.redact;
    return {
      outcome: 'done',
      commit: evidence.commit,
      evidence,
      summary: head(clean(this.summary), 8_000),
      workLog: this.agent.workLog.map((line) => head(clean(line), 400)),
      ...delivered,
      leftOut: work.leftOut,
      usage: attempt.meter.usage(),
    };
  }
}
