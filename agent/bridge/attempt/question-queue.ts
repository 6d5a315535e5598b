import type { Question } from '../../../core/contract/task.ts';
import type { AgentQuestion } from '../acp/agent-question.ts';
import { rejectOnAbort } from '../attempt-error.ts';
import type { Attempt } from './attempt.ts';

/** Passes the questions of an agent to people, one question at a time. */
export class QuestionQueue {
  readonly #attempt: Attempt;
  /** Settles when all earlier questions are answered. */
  #earlierQuestions: Promise<unknown> = Promise.resolve();

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  /** Resolves with the answer of a person or the default. The timeout starts when all earlier questions are answered. */
  ask({ question }: AgentQuestion): Promise<string> {
    const timeoutMs = Math.max(0, question.timeoutAt - Date.now());
    const answer = this.#earlierQuestions.then(() =>
      this.#askPeople({ ...question, timeoutAt: Date.now() + timeoutMs }, timeoutMs),
    );
    this.#earlierQuestions = answer.catch(() => {});
    return answer;
  }

  #askPeople(question: Question, timeoutMs: number): Promise<string> {
    const attempt = this.#attempt;
    return attempt.pauseClockDuring(async () => {
      attempt.transcript.addEntry('agent', `Question: ${question.text}`);
      const pendingAnswer = attempt.inbox.waitForAnswer(question.id, question.default, timeoutMs);
      await attempt.client.putQuestion(question);
      attempt.heartbeat.beatNow();
      const answer = await rejectOnAbort(pendingAnswer, attempt.signal);
      if (answer.by === 'default') {
        const note = `No person answered in time. The agent gets the default answer: ${answer.text}`;
        attempt.transcript.addEntry('bridge', note);
        return answer.text;
      }
      // A message without a question id does not tell the control plane that the question is answered, but a heartbeat does.
      attempt.heartbeat.beatNow();
      attempt.transcript.addEntry('user', answer.text);
      return answer.text;
    });
  }
}
