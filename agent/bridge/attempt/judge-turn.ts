import { AttemptFailure } from '../attempt-error.ts';
import { keepStart } from '../host/redactor.ts';
import type { AgentTurn } from './coding-agent.ts';
import { CONTINUE_PROMPT, readGiveUpReason } from './task-prompt.ts';

/** Number of times that the agent is asked to continue after a turn that ended early. */
const MAX_CONTINUATIONS = 3;
const MAX_REFUSAL_CHARS = 2_000;

/** Judges how the turns of one attempt ended. */
export class TurnJudge {
  readonly #isInteractive: boolean;
  #continuationCount = 0;
  #hasContinuedAfterEmptyTurn = false;

  /** @param isInteractive whether people decide when the task ends; the agent cannot give up such a task */
  constructor(isInteractive: boolean) {
    this.#isInteractive = isInteractive;
  }

  /**
   * Returns a prompt to continue a turn that ended early; undefined for a complete turn. Throws if the agent refuses the task, gives
   * up, or ends its turns early too often.
   */
  judgeTurn({ stopReason, text }: Pick<AgentTurn, 'stopReason' | 'text'>): string | undefined {
    if (stopReason === 'refusal') {
      const message = `the agent refused the task: ${keepStart(text, MAX_REFUSAL_CHARS)}`;
      throw new AttemptFailure('agent', message);
    }
    const reason = this.#isInteractive ? undefined : readGiveUpReason(text);
    if (reason !== undefined) throw new AttemptFailure('agent', `the agent gave up: ${reason}`);
    if (stopReason !== 'max_tokens' && stopReason !== 'max_turn_requests') return undefined;
    this.#continuationCount += 1;
    if (this.#continuationCount <= MAX_CONTINUATIONS) return CONTINUE_PROMPT;
    throw new AttemptFailure(
      'limit',
      `the agent was asked ${MAX_CONTINUATIONS} times to continue, but ended its turn early again (${stopReason})`,
    );
  }

  /**
   * Returns a prompt to continue a turn without a word, a tool call and a change; undefined for any other turn. Throws after the second
   * such turn in a row if the attempt has no commit.
   */
  judgeEmptyTurn(
    { isEmpty, stopReason }: Pick<AgentTurn, 'stopReason' | 'isEmpty'>,
    work: { readonly hasChanged: boolean; readonly hasCommit: boolean },
  ): string | undefined {
    if (work.hasChanged || !isEmpty || stopReason === 'cancelled') {
      this.#hasContinuedAfterEmptyTurn = false;
      return undefined;
    }
    if (!this.#hasContinuedAfterEmptyTurn) {
      this.#hasContinuedAfterEmptyTurn = true;
      return CONTINUE_PROMPT;
    }
    if (work.hasCommit) return undefined;
    const message = 'the agent ended its turn without a word and without a change';
    throw new AttemptFailure('agent', message);
  }
}
