import type { Question } from '../../../core/contract/task.ts';
import type { AgentQuestion } from '../acp/agent-question.ts';
import { rejectOnAbort } from '../attempt-error.ts';
import type { Attempt } from './attempt.ts';

/** Puts the questions of an agent to people, one question at a time. */
export class QuestionQueue {
  readonly #attempt: Attempt;
  #lastQuestion: Promise<unknown> = Promise.resolve();

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  /** Resolves with the answer of a person or the default. The time for an answer starts when the earlier questions are over. */
  ask({ question }: AgentQuestion): Promise<string> {
    const timeoutMs = Math.max(0, question.timeoutAt - Date.now());
    const answer = this.#lastQuestion.then(() =>
      this.#putQuestion({ ...question, timeoutAt: Date.now() + timeoutMs }, timeoutMs),
    );
    this.#lastQuestion = answer.catch(() => {});
    return answer;
  }

  #putQuestion(question: Question, timeoutMs: number): Promise<string> {
    const attempt = this.#attempt;
    return attempt.pauseClockDuring(async () => {
      attempt.transcript.addEntry('agent', `Question: ${question.text}`);
      const waiting = attempt.inbox.waitForAnswer(question.id, question.default, timeoutMs);
      await attempt.client.putQuestion(question);
      attempt.heartbeat.beatNow();
      const answer = await rejectOnAbort(waiting, attempt.signal);
      if (answer.by === 'default') {
        attempt.transcript.addEntry('bridge', `No answer in time, default used: ${answer.text}`);
        return answer.text;
      }
      // A message without a question id may be the answer; only the next heartbeat tells the control plane so.
      attempt.heartbeat.beatNow();
      attempt.transcript.addEntry('user', answer.text);
      return answer.text;
    });
  }
}
