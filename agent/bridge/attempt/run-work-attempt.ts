import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { Evidence } from '../../../core/contract/task.ts';
import { AttemptFailure } from '../attempt-error.ts';
import { renderSteeringMessages } from '../control/steering-inbox.ts';
import type { GitWorkspace } from '../git/git-workspace.ts';
import { LFS_NOTE } from '../git/lfs.ts';
import { keepStart } from '../host/redactor.ts';
import type { Attempt } from './attempt.ts';
import type { AgentTurn } from './coding-agent.ts';
import { CodingAgent } from './coding-agent.ts';
import { openRepository } from './open-repository.ts';
import { produceEvidence } from './produce-evidence.ts';
import {
  CONTINUE_PROMPT,
  readGiveUpReason,
  renderConflictReminder,
  renderLeftOut,
  renderTaskPrompt,
  renderVerifyFeedback,
} from './task-prompt.ts';
import { TaskWork } from './task-work.ts';

// A `work` or `repair` attempt: the agent's turns, each committed and pushed as a checkpoint, until verify is green.

const MAX_FIXES = 2;
const MAX_CONTINUATIONS = 3;

export type WorkAttemptOptions = {
  readonly mirrorDir: string | undefined;
  readonly agentCommand: string[] | undefined;
};

export async function runWorkAttempt(
  attempt: Attempt,
  options: WorkAttemptOptions,
): Promise<AttemptResult> {
  const { start } = attempt.assignment.repository;
  // Both take their time and neither needs the other.
  const starting = CodingAgent.start(attempt, options.agentCommand);
  starting.catch(() => {});
  try {
    const opened = await openRepository(attempt, options.mirrorDir, [start]);
    const work = new TaskWork(attempt, opened);
    await work.prepareWorkspace(start, opened.rootCommit);
    const agent = await starting;
    await agent.openSession();
    return await new Conversation(attempt, work, opened.workspace, agent).runTurns();
  } finally {
    const agent = await starting.catch(() => undefined);
    await agent?.close();
  }
}

/** What is said to the agent, turn by turn, and when it is enough. */
class Conversation {
  readonly #attempt: Attempt;
  readonly #taskWork: TaskWork;
  readonly #workspace: GitWorkspace;
  readonly #agent: CodingAgent;
  #summary = '';
  #fixCount = 0;
  #continuationCount = 0;
  #hasRemindedOfConflict = false;

  constructor(attempt: Attempt, work: TaskWork, workspace: GitWorkspace, agent: CodingAgent) {
    this.#attempt = attempt;
    this.#taskWork = work;
    this.#workspace = workspace;
    this.#agent = agent;
  }

  async runTurns(): Promise<AttemptResult> {
    const { assignment } = this.#attempt;
    const { openMerge } = this.#taskWork;
    const { rootBranch } = assignment.repository;
    const conflict = openMerge && { ...openMerge, rootBranch };
    let prompt = renderTaskPrompt(assignment, conflict, this.#taskWork.usesLfs ? [LFS_NOTE] : []);
    for (;;) {
      const turn = await this.#agent.runTurn(prompt);
      const next = (await this.#finishTurn(turn)) ?? (await this.#verifyWork());
      if (typeof next !== 'string') return this.#deliverResult(next);
      prompt = next;
    }
  }

  /** What the agent is told next; undefined when its work is to be verified. */
  async #finishTurn(turn: AgentTurn): Promise<string | undefined> {
    const taskWork = this.#taskWork;
    const unfinished = this.#judgeTurn(turn) ?? (await this.#judgeOpenMerge(turn));
    if (unfinished !== undefined) return unfinished;
    if (turn.text !== '') this.#summary = turn.text;
    // A merge that was broken off is not to be committed with its markers.
    const isOpen = taskWork.openMerge !== undefined && turn.stopReason === 'cancelled';
    const leftOut = isOpen ? [] : await taskWork.commitTurn(this.#summary);
    const said = this.#takeMessages();
    const told = leftOut.length > 0 ? this.#recordBridgePrompt(renderLeftOut(leftOut)) : undefined;
    if (said !== undefined && told !== undefined) return `${told}\n\n${said}`;
    return (
      said ?? told ?? (isOpen ? this.#recordBridgePrompt(CONTINUE_PROMPT) : this.#waitForPeople())
    );
  }

  /** For a turn that did not come to its end. */
  #judgeTurn({ stopReason, text }: AgentTurn): string | undefined {
    if (stopReason === 'refusal') {
      throw new AttemptFailure('agent', `the agent refuses: ${keepStart(text, 2_000)}`);
    }
    const reason = this.#attempt.assignment.task.interactive ? undefined : readGiveUpReason(text);
    if (reason !== undefined) throw new AttemptFailure('agent', `the agent gives up: ${reason}`);
    if (stopReason !== 'max_tokens' && stopReason !== 'max_turn_requests') return undefined;
    this.#continuationCount += 1;
    if (this.#continuationCount <= MAX_CONTINUATIONS)
      return this.#recordBridgePrompt(CONTINUE_PROMPT);
    throw new AttemptFailure('limit', `the agent did not come to an end (${stopReason})`);
  }

  async #judgeOpenMerge(turn: AgentTurn): Promise<string | undefined> {
    if (!this.#taskWork.openMerge || turn.stopReason === 'cancelled') return undefined;
    const files = await this.#taskWork.findUnresolvedFiles();
    if (files.length === 0) return undefined;
    if (this.#hasRemindedOfConflict) {
      const message = `conflict markers were left in ${files.slice(0, 20).join(', ')}`;
      throw new AttemptFailure('agent', message, { files: files.slice(0, 500) });
    }
    this.#hasRemindedOfConflict = true;
    return this.#recordBridgePrompt(renderConflictReminder(files));
  }

  /** What the bridge itself says to the agent is for people to see, too. */
  #recordBridgePrompt(text: string): string {
    this.#attempt.transcript.addEntry('bridge', text);
    return text;
  }

  #takeMessages(): string | undefined {
    const { inbox, transcript } = this.#attempt;
    const messages = inbox.takeMessages();
    for (const message of messages)
      transcript.addEntry('user', `${message.author}: ${message.text}`);
    return messages.length === 0 ? undefined : renderSteeringMessages(messages);
  }

  /** An interactive task waits for people until it is told to finish. */
  async #waitForPeople(): Promise<string | undefined> {
    const attempt = this.#attempt;
    if (!attempt.assignment.task.interactive || attempt.inbox.isFinishRequested) return undefined;
    attempt.enterPhase('waiting');
    await attempt.pauseClockDuring(() => attempt.inbox.waitForMessage(attempt.signal));
    return this.#takeMessages();
  }

  /** Verifies exactly the commit that would be reported. Green evidence, or what the agent is told. */
  async #verifyWork(): Promise<Evidence | string> {
    const attempt = this.#attempt;
    const taskWork = this.#taskWork;
    const workspace = this.#workspace;
    attempt.enterPhase('verifying');
    const { setup, verify } = attempt.assignment;
    const { commit, root } = await taskWork.prepareCommitToVerify();
    const evidence = await produceEvidence({
      ...attempt.commandRunner,
      workspace,
      setup,
      verifyWork: verify,
      commit,
      root,
    });
    if (evidence.green) return this.#takeMessages() ?? evidence;
    this.#fixCount += 1;
    if (this.#fixCount <= MAX_FIXES)
      return this.#recordBridgePrompt(renderVerifyFeedback(evidence, taskWork.leftOut));
    const failure = new AttemptFailure('verify_red', 'verification is red', { evidence });
    failure.leftOut = taskWork.leftOut;
    throw failure;
  }

  async #deliverResult(evidence: Evidence): Promise<AttemptResult> {
    const attempt = this.#attempt;
    const taskWork = this.#taskWork;
    attempt.enterPhase('pushing');
    const delivered = await taskWork.deliverCommit(evidence.commit, evidence.root);
    const clean = attempt.redactor.redact;
    return {
      outcome: 'done',
      commit: evidence.commit,
      evidence,
      summary: keepStart(clean(this.#summary), 8_000),
      workLog: this.#agent.workLog.map((line) => keepStart(clean(line), 400)),
      ...delivered,
      leftOut: taskWork.leftOut,
      usage: attempt.usageMeter.getUsage(),
    };
  }
}
