import type { Steering } from '../../../core/contract/attempt.ts';
import { TIMEOUT_AUTHOR } from '../../../core/contract/attempt.ts';
import { getAbortReason } from '../attempt-error.ts';

// What people say to the agent while it works: kept in order until it is given to it, once.

/** A message that begins with this is not kept until the turn ends: the turn is broken off for it. */
const URGENT_PREFIX = '!';

export type QuestionAnswer = { readonly by: 'person' | 'default'; readonly text: string };
type PendingQuestion = { readonly id: string; readonly resolve: (answer: QuestionAnswer) => void };

/** Messages and answers as heartbeats bring them, possibly more than once. */
export class SteeringInbox {
  readonly #queue: Steering[] = [];
  #lastReceived: number;
  #lastGiven: number;
  /** Questions whose default was taken here. */
  readonly #defaultedQuestions = new Set<string>();
  #pendingQuestion: PendingQuestion | undefined;
  #lastAnsweredByPerson: string | undefined;
  #wakeWaiter: (() => void) | undefined;
  #finishRequested = false;
  readonly #onUrgent: () => void;

  /** `seen`: an attempt before this one was given the messages up to there. */
  constructor(onUrgent: () => void, seen = 0) {
    this.#onUrgent = onUrgent;
    this.#lastReceived = seen;
    this.#lastGiven = seen;
  }

  /** Up to here messages have reached the agent. */
  get lastSeen(): number {
    return this.#lastGiven;
  }

  /** The question that a person's words answered last. */
  get lastAnsweredQuestion(): string | undefined {
    return this.#lastAnsweredByPerson;
  }

  get isFinishRequested(): boolean {
    return this.#finishRequested;
  }

  get waitingCount(): number {
    return this.#queue.length;
  }

  receiveMessages(messages: readonly Steering[], finish: boolean): void {
    for (const message of [...messages].sort((a, b) => a.n - b.n)) {
      if (message.n <= this.#lastReceived) continue;
      this.#lastReceived = message.n;
      if (this.#resolvePendingQuestion(message) || this.#isMoot(message)) {
        if (this.#queue.length === 0) this.#lastGiven = message.n;
        continue;
      }
      this.#queue.push(message);
      if (isUrgent(message)) this.#onUrgent();
    }
    this.#finishRequested ||= finish;
    if (this.#queue.length > 0 || this.#finishRequested) this.#wakeWaiter?.();
  }

  /** All that wait; they count as seen from now on. */
  takeMessages(): Steering[] {
    const taken = this.#queue.splice(0);
    this.#lastGiven = this.#lastReceived;
    return taken;
  }

  /** Resolves when there is a message to take or the session is to finish. */
  async waitForMessage(signal: AbortSignal): Promise<void> {
    if (this.#queue.length > 0 || this.#finishRequested) return;
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => reject(getAbortReason(signal));
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#wakeWaiter = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
    });
    this.#wakeWaiter = undefined;
  }

  /** The answer to a question that was put, or its default when nobody gives one in `timeoutMs`. */
  waitForAnswer(id: string, fallback: string, timeoutMs: number): Promise<QuestionAnswer> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#defaultedQuestions.add(id);
        finish({ by: 'default', text: fallback });
      }, timeoutMs);
      timer.unref();
      const finish = (answer: QuestionAnswer) => {
        clearTimeout(timer);
        if (this.#pendingQuestion?.id === id) this.#pendingQuestion = undefined;
        resolve(answer);
      };
      this.#pendingQuestion = { id, resolve: finish };
    });
  }

  /** A message that names no question answers the one that is open. */
  #resolvePendingQuestion(message: Steering): boolean {
    const pendingQuestion = this.#pendingQuestion;
    if (
      !pendingQuestion ||
      (message.answers !== undefined && message.answers !== pendingQuestion.id)
    )
      return false;
    const by = message.author === TIMEOUT_AUTHOR ? 'default' : 'person';
    if (by === 'person') this.#lastAnsweredByPerson = pendingQuestion.id;
    pendingQuestion.resolve({ by, text: message.text });
    return true;
  }

  /** It answers a question that is closed. What a person says just too late still counts, as any message does. */
  #isMoot({ answers, author }: Steering): boolean {
    if (answers === undefined) return false;
    return author === TIMEOUT_AUTHOR || !this.#defaultedQuestions.has(answers);
  }
}

export function isUrgent(message: Steering): boolean {
  return message.text.startsWith(URGENT_PREFIX);
}

/** What the agent is given for messages of people. */
export function renderSteeringMessages(messages: readonly Steering[]): string {
  const said = messages.map((message) => {
    const text = isUrgent(message) ? message.text.slice(URGENT_PREFIX.length).trim() : message.text;
    return `${message.author.replace(/\s+/g, ' ').slice(0, 80)} says:\n${text}`;
  });
  return `${said.join('\n\n')}\n\nTake this into account and go on with the task.`;
}
