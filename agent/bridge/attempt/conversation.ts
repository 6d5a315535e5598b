import type { AttemptResult } from '../../../core/contract/attempt.ts';
import { countFlags, sortFlags } from '../../../core/contract/flag.ts';
import type { Evidence } from '../../../core/contract/task.ts';
import { AttemptFailure } from '../attempt-error.ts';
import { renderSteeringMessages } from '../control/steering-inbox.ts';
import { toDisplayPath } from '../git/git-path.ts';
import type { GitWorkspace } from '../git/git-workspace.ts';
import { describeMissingContents } from '../git/inspect-tree.ts';
import { keepStart } from '../host/redactor.ts';
import type { Attempt } from './attempt.ts';
import type { AgentTurn } from './coding-agent.ts';
import { TurnJudge } from './judge-turn.ts';
import { CommitReview, renderUncommitted } from './no-change.ts';
import { flagChangedPaths, produceEvidence } from './produce-evidence.ts';
import {
  CONTINUE_PROMPT,
  renderConflictReminder,
  renderLeftOut,
  renderTaskPrompt,
  renderVerifyFeedback,
} from './task-prompt.ts';
import type { NoChange, TaskWork } from './task-work.ts';
import type { WorkAgent } from './work-agent.ts';

/** Number of times that the agent is asked to fix a failed verification. */
const MAX_FIXES = 2;
/** Limits in the contract of the result. */
const MAX_FILES = 500;
const MAX_SUMMARY_CHARS = 8_000;
const MAX_WORK_LOG_LINE_CHARS = 400;

/**
 * Conversation of the bridge with the agent, turn by turn until the verify commands succeed. After each turn, the bridge commits the
 * changes, pushes a checkpoint, and sends the next prompt or delivers the result.
 */
export class Conversation {
  readonly #attempt: Attempt;
  readonly #taskWork: TaskWork;
  readonly #workspace: GitWorkspace;
  readonly #agent: WorkAgent;
  readonly #turnJudge: TurnJudge;
  readonly #commitReview: CommitReview;
  #summary = '';
  #fixCount = 0;
  #hasRemindedOfConflict = false;
  /** Files that changed during the last verification, in display form. */
  #changedDuringVerify: readonly string[] = [];
  /** Undefined if the verified work contains a change. */
  #noChange: NoChange | undefined;

  constructor(attempt: Attempt, taskWork: TaskWork, workspace: GitWorkspace, agent: WorkAgent) {
    this.#attempt = attempt;
    this.#taskWork = taskWork;
    this.#workspace = workspace;
    this.#agent = agent;
    this.#turnJudge = new TurnJudge(attempt.assignment.task.interactive);
    this.#commitReview = new CommitReview(taskWork);
  }

  async runTurns(): Promise<AttemptResult> {
    let turn = await this.#agent.runFirstTurn(() => this.#renderTaskPrompt());
    for (;;) {
      const promptOrEvidence = (await this.#finishTurn(turn)) ?? (await this.#verifyWork());
      if (typeof promptOrEvidence !== 'string') return this.#deliverResult(promptOrEvidence);
      turn = await this.#agent.runTurn(promptOrEvidence);
    }
  }

  #renderTaskPrompt(): string {
    const { assignment } = this.#attempt;
    const { unresolvedMerge, missingContents } = this.#taskWork;
    const { rootBranch } = assignment.repository;
    const conflict = unresolvedMerge && {
      files: unresolvedMerge.files.map(toDisplayPath),
      messages: unresolvedMerge.messages,
      rootBranch,
    };
    return renderTaskPrompt(assignment, conflict, describeMissingContents(missingContents));
  }

  /** Commits the changes of a turn. Returns the next prompt for the agent, or undefined if the work can be verified. */
  async #finishTurn(turn: AgentTurn): Promise<string | undefined> {
    const taskWork = this.#taskWork;
    const continuation = this.#judgeEarlyEnd(turn) ?? (await this.#judgeUnresolvedMerge(turn));
    if (continuation !== undefined) return continuation;
    if (turn.text !== '') this.#summary = turn.text;
    await this.#workspace.restoreSettings();
    // A cancelled turn may leave conflict markers, which must not be committed.
    const isMergeUnfinished =
      taskWork.unresolvedMerge !== undefined && turn.stopReason === 'cancelled';
    const commitsBefore = taskWork.commitCount;
    const leftOut = isMergeUnfinished ? [] : await taskWork.commitTurn(this.#summary);
    const hasChanged = taskWork.commitCount > commitsBefore || leftOut.length > 0;
    const messagesPrompt = this.#takeMessages();
    const leftOutPrompt =
      leftOut.length > 0 ? this.#recordBridgePrompt(renderLeftOut(leftOut)) : undefined;
    const prompts = [leftOutPrompt, messagesPrompt].filter((prompt) => prompt !== undefined);
    if (prompts.length > 0) return prompts.join('\n\n');
    if (isMergeUnfinished) return this.#recordBridgePrompt(CONTINUE_PROMPT);
    const hasCommit = taskWork.commitCount > 0;
    const emptyTurnPrompt = this.#turnJudge.judgeEmptyTurn(turn, { hasChanged, hasCommit });
    return (
      this.#recordOptionalPrompt(emptyTurnPrompt) ??
      (await this.#waitForPeople()) ??
      this.#recordOptionalPrompt(await this.#commitReview.review())
    );
  }

  #judgeEarlyEnd(turn: AgentTurn): string | undefined {
    return this.#recordOptionalPrompt(this.#turnJudge.judgeTurn(turn));
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

  #recordOptionalPrompt(text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.#recordBridgePrompt(text);
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

  /**
   * Ends the agent and all processes that the agent left, and verifies the commit to deliver. Returns green evidence or the next
   * prompt. Throws if verification fails after the last fix.
   */
  async #verifyWork(): Promise<Evidence | string> {
    const attempt = this.#attempt;
    const taskWork = this.#taskWork;
    const workspace = this.#workspace;
    attempt.enterPhase('verifying');
    // Evidence must not depend on processes that a fresh clone does not have.
    await this.#agent.end();
    await workspace.restoreSettings();
    const { commit, root, noChange } = await taskWork.prepareCommitToVerify();
    this.#noChange = noChange;
    const { evidence, changedPaths } = await produceEvidence(attempt, {
      workspace,
      commit,
      root,
      submodules: taskWork.missingContents.submodules,
    });
    this.#changedDuringVerify = changedPaths;
    if (evidence.green) return this.#takeMessages() ?? evidence;
    // A command often fails because its files are not part of the commit.
    const uncommitted = renderUncommitted(await taskWork.listUncommitted());
    this.#fixCount += 1;
    if (this.#fixCount <= MAX_FIXES) {
      const feedback = renderVerifyFeedback(evidence, taskWork.leftOut, uncommitted);
      return this.#recordBridgePrompt(feedback);
    }
    const message = `a set-up or verify command still fails after the agent has tried ${MAX_FIXES} times to fix the failure`;
    const reason = uncommitted === '' ? message : `${message}\n${uncommitted}`;
    const failure = new AttemptFailure('verify_red', reason, { evidence });
    failure.leftOut = taskWork.leftOut;
    throw failure;
  }

  async #deliverResult(evidence: Evidence): Promise<AttemptResult> {
    const attempt = this.#attempt;
    const taskWork = this.#taskWork;
    attempt.enterPhase('pushing');
    const delivered = await taskWork.deliverCommit(evidence.commit, evidence.root);
    const flagged = sortFlags([
      ...flagChangedPaths(this.#changedDuringVerify),
      ...delivered.flagged,
    ]);
    const { redact } = attempt.redactor;
    return {
      outcome: 'done',
      commit: evidence.commit,
      evidence,
      summary: keepStart(redact(this.#summary), MAX_SUMMARY_CHARS),
      workLog: this.#agent.workLog.map((line) => keepStart(redact(line), MAX_WORK_LOG_LINE_CHARS)),
      changed: delivered.changed,
      flagged,
      flagCounts: countFlags(flagged),
      ...(this.#noChange && { noChange: this.#noChange }),
      leftOut: taskWork.leftOut,
      uncommitted: await taskWork.listUncommitted(),
      usage: attempt.usageMeter.getUsage(),
    };
  }
}
