import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { Evidence } from '../../../core/contract/task.ts';
import { AttemptFailure } from '../attempt-error.ts';
import { renderSteeringMessages } from '../control/steering-inbox.ts';
import { toDisplayPath } from '../git/git-path.ts';
import type { GitWorkspace } from '../git/git-workspace.ts';
import { LFS_NOTE } from '../git/lfs.ts';
import { keepStart } from '../host/redactor.ts';
import type { Attempt } from './attempt.ts';
import type { AgentTurn, CodingAgent } from './coding-agent.ts';
import { startCodingAgent } from './coding-agent.ts';
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

// Runs a `work` or `repair` attempt: the agent works turn by turn until the verify commands succeed. After each turn, the bridge commits
// the changes and pushes a checkpoint.

/** Number of times that the agent is asked to fix a failed verification. */
const MAX_FIXES = 2;
/** Number of times that the agent is asked to continue after a turn that ended early. */
const MAX_CONTINUATIONS = 3;
/** Limits in the contract of the result. */
const MAX_FILES = 500;
const MAX_SUMMARY_CHARS = 8_000;
const MAX_WORK_LOG_LINE_CHARS = 400;

/** Settings of the machine for a work attempt. */
export type WorkAttemptOptions = {
  /** Folder of the shared mirrors; undefined: no mirror is used. */
  readonly mirrorDir: string | undefined;
  /** Command line to use instead of the command of the agent. */
  readonly agentCommand: string[] | undefined;
};

/** Runs a `work` or `repair` attempt. Returns the result with green evidence; throws an AttemptFailure otherwise. */
export async function runWorkAttempt(
  attempt: Attempt,
  options: WorkAttemptOptions,
): Promise<AttemptResult> {
  const { start } = attempt.assignment.repository;
  // The agent starts while the repository is fetched.
  const agentStart = startCodingAgent(attempt, options.agentCommand);
  agentStart.catch(() => {});
  try {
    const repository = await openRepository(attempt, options.mirrorDir, [start]);
    const taskWork = new TaskWork(attempt, repository);
    await taskWork.prepareWorkspace(start, repository.rootCommit);
    const agent = await agentStart;
    await agent.openSession();
    return await new Conversation(attempt, taskWork, repository.workspace, agent).runTurns();
  } finally {
    const agent = await agentStart.catch(() => undefined);
    await agent?.close();
  }
}

/** Conversation of the bridge with the agent. After each turn, the bridge sends the next prompt or delivers the result. */
class Conversation {
  readonly #attempt: Attempt;
  readonly #taskWork: TaskWork;
  readonly #workspace: GitWorkspace;
  readonly #agent: CodingAgent;
  #summary = '';
  #fixCount = 0;
  #continuationCount = 0;
  #hasRemindedOfConflict = false;

  constructor(attempt: Attempt, taskWork: TaskWork, workspace: GitWorkspace, agent: CodingAgent) {
    this.#attempt = attempt;
    this.#taskWork = taskWork;
    this.#workspace = workspace;
    this.#agent = agent;
  }

  async runTurns(): Promise<AttemptResult> {
    const { assignment } = this.#attempt;
    const { unresolvedMerge } = this.#taskWork;
    const { rootBranch } = assignment.repository;
    const conflict = unresolvedMerge && {
      files: unresolvedMerge.files.map(toDisplayPath),
      messages: unresolvedMerge.messages,
      rootBranch,
    };
    let prompt = renderTaskPrompt(assignment, conflict, this.#taskWork.usesLfs ? [LFS_NOTE] : []);
    for (;;) {
      const turn = await this.#agent.runTurn(prompt);
      const promptOrEvidence = (await this.#finishTurn(turn)) ?? (await this.#verifyWork());
      if (typeof promptOrEvidence !== 'string') return this.#deliverResult(promptOrEvidence);
      prompt = promptOrEvidence;
    }
  }

  /** Commits the changes of a turn. Returns the next prompt for the agent, or undefined if the work can be verified. */
  async #finishTurn(turn: AgentTurn): Promise<string | undefined> {
    const taskWork = this.#taskWork;
    const continuation = this.#judgeTurn(turn) ?? (await this.#judgeUnresolvedMerge(turn));
    if (continuation !== undefined) return continuation;
    if (turn.text !== '') this.#summary = turn.text;
    // A cancelled turn may leave conflict markers, which must not be committed.
    const isMergeUnfinished =
      taskWork.unresolvedMerge !== undefined && turn.stopReason === 'cancelled';
    const leftOut = isMergeUnfinished ? [] : await taskWork.commitTurn(this.#summary);
    const messagesPrompt = this.#takeMessages();
    const leftOutPrompt =
      leftOut.length > 0 ? this.#recordBridgePrompt(renderLeftOut(leftOut)) : undefined;
    const prompts = [leftOutPrompt, messagesPrompt].filter((prompt) => prompt !== undefined);
    if (prompts.length > 0) return prompts.join('\n\n');
    return isMergeUnfinished ? this.#recordBridgePrompt(CONTINUE_PROMPT) : this.#waitForPeople();
  }

  /**
   * Returns a prompt to continue a turn that ended early; undefined for a complete turn. Throws if the agent refuses the task, gives
   * up, or ends its turns early too often.
   */
  #judgeTurn({ stopReason, text }: AgentTurn): string | undefined {
    if (stopReason === 'refusal') {
      throw new AttemptFailure('agent', `the agent refused the task: ${keepStart(text, 2_000)}`);
    }
    const reason = this.#attempt.assignment.task.interactive ? undefined : readGiveUpReason(text);
    if (reason !== undefined) throw new AttemptFailure('agent', `the agent gave up: ${reason}`);
    if (stopReason !== 'max_tokens' && stopReason !== 'max_turn_requests') return undefined;
    this.#continuationCount += 1;
    if (this.#continuationCount <= MAX_CONTINUATIONS)
      return this.#recordBridgePrompt(CONTINUE_PROMPT);
    throw new AttemptFailure(
      'limit',
      `the agent was asked ${MAX_CONTINUATIONS} times to continue, but ended its turn early again (${stopReason})`,
    );
  }

  /** Returns a reminder if conflict markers remain; undefined otherwise. Throws if markers remain after the reminder. */
  async #judgeUnresolvedMerge(turn: AgentTurn): Promise<string | undefined> {
    if (!this.#taskWork.unresolvedMerge || turn.stopReason === 'cancelled') return undefined;
    const files = await this.#taskWork.findUnresolvedFiles();
    if (files.length === 0) return undefined;
    if (this.#hasRemindedOfConflict) {
      const message = `the agent left conflict markers in ${files.slice(0, 20).join(', ')}`;
      throw new AttemptFailure('agent', message, { files: files.slice(0, MAX_FILES) });
    }
    this.#hasRemindedOfConflict = true;
    return this.#recordBridgePrompt(renderConflictReminder(files));
  }

  /** Adds a prompt of the bridge to the transcript. Returns the prompt. */
  #recordBridgePrompt(text: string): string {
    this.#attempt.transcript.addEntry('bridge', text);
    return text;
  }

  /** Takes the waiting messages of people out of the inbox, as a prompt; undefined if no message waits. */
  #takeMessages(): string | undefined {
    const { inbox, transcript } = this.#attempt;
    const messages = inbox.takeMessages();
    for (const message of messages)
      transcript.addEntry('user', `${message.author}: ${message.text}`);
    return messages.length === 0 ? undefined : renderSteeringMessages(messages);
  }

  /**
   * Waits for a message of a person and returns the message as a prompt. Returns undefined if the task is not interactive or if people
   * asked to finish.
   */
  async #waitForPeople(): Promise<string | undefined> {
    const attempt = this.#attempt;
    if (!attempt.assignment.task.interactive || attempt.inbox.isFinishRequested) return undefined;
    attempt.enterPhase('waiting');
    await attempt.pauseClockDuring(() => attempt.inbox.waitForMessage(attempt.signal));
    return this.#takeMessages();
  }

  /** Verifies the commit to deliver. Returns green evidence or the next prompt. Throws if verification fails after the last fix. */
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
      verify,
      commit,
      root,
    });
    if (evidence.green) return this.#takeMessages() ?? evidence;
    this.#fixCount += 1;
    if (this.#fixCount <= MAX_FIXES)
      return this.#recordBridgePrompt(renderVerifyFeedback(evidence, taskWork.leftOut));
    const message = `a set-up or verify command still fails after the agent has tried ${MAX_FIXES} times to fix the failure`;
    const failure = new AttemptFailure('verify_red', message, { evidence });
    failure.leftOut = taskWork.leftOut;
    throw failure;
  }

  async #deliverResult(evidence: Evidence): Promise<AttemptResult> {
    const attempt = this.#attempt;
    const taskWork = this.#taskWork;
    attempt.enterPhase('pushing');
    const delivered = await taskWork.deliverCommit(evidence.commit, evidence.root);
    const { redact } = attempt.redactor;
    return {
      outcome: 'done',
      commit: evidence.commit,
      evidence,
      summary: keepStart(redact(this.#summary), MAX_SUMMARY_CHARS),
      workLog: this.#agent.workLog.map((line) => keepStart(redact(line), MAX_WORK_LOG_LINE_CHARS)),
      ...delivered,
      leftOut: taskWork.leftOut,
      usage: attempt.usageMeter.getUsage(),
    };
  }
}
