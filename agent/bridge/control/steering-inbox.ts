import type { SteeringMessage } from '../../../core/contract/attempt.ts';
import { TIMEOUT_AUTHOR } from '../../../core/contract/attempt.ts';
import { getAbortReason } from '../attempt-error.ts';

// Collects messages from people to a working agent, and their answers to its questions. The agent gets every message once, in order.

/** Prefix of a message that interrupts the current turn of the agent. */
const URGENT_PREFIX = '!';

/** Answer to a question: the answer of a person, or the default after the timeout. */
export type QuestionAnswer = { readonly by: 'person' | 'default'; readonly text: string };
type PendingQuestion = { readonly id: string; readonly resolve: (answer: QuestionAnswer) => void };

/** Queue of messages for the agent. Answers to heartbeats may repeat a message; the inbox drops the repetitions. */
export class SteeringInbox {
  readonly #queue: SteeringMessage[] = [];
  #lastReceivedNumber: number;
  /** Number of the last message that the agent has received or that needs no delivery. */
  #lastSeenNumber: number;
  /** Ids of the questions whose time expired in the bridge, so that the agent got the default answer. */
  readonly #defaultedQuestionIds = new Set<string>();
  #pendingQuestion: PendingQuestion | undefined;
  #lastAnsweredQuestionId: string | undefined;
  #wakeWaiter: (() => void) | undefined;
  #isFinishRequested = false;
  readonly #onUrgent: () => void;

  /**
   * @param onUrgent called for each message with the prefix `!`, which interrupts the current turn
   * @param lastSeenNumber number of the last message that an earlier attempt has given to its agent
   */
  constructor(onUrgent: () => void, lastSeenNumber = 0) {
    this.#onUrgent = onUrgent;
    this.#lastReceivedNumber = lastSeenNumber;
    this.#lastSeenNumber = lastSeenNumber;
  }

  /** Number of the last message that the agent has received or that needs no delivery. */
  get lastSeenNumber(): number {
    return this.#lastSeenNumber;
  }

  /** Id of the question that a person answered last. */
  get lastAnsweredQuestionId(): string | undefined {
    return this.#lastAnsweredQuestionId;
  }

  /** Whether people have asked to end the interactive session. */
  get isFinishRequested(): boolean {
    return this.#isFinishRequested;
  }

  /** Number of messages that wait for the agent. */
  get waitingCount(): number {
    return this.#queue.length;
  }

  /** Adds the messages from the answer to a heartbeat; `isFinishRequested`: people ask to end the interactive session. */
  receiveMessages(messages: readonly SteeringMessage[], isFinishRequested: boolean): void {
    for (const message of [...messages].sort((a, b) => a.n - b.n)) {
      if (message.n <= this.#lastReceivedNumber) continue;
      this.#lastReceivedNumber = message.n;
      if (this.#resolvePendingQuestion(message) || this.#isObsoleteAnswer(message)) {
        if (this.#queue.length === 0) this.#lastSeenNumber = message.n;
        continue;
      }
      this.#queue.push(message);
      if (isUrgent(message)) this.#onUrgent();
    }
    this.#isFinishRequested ||= isFinishRequested;
    if (this.#queue.length > 0 || this.#isFinishRequested) this.#wakeWaiter?.();
  }

  /** Removes and returns all waiting messages. The messages then count as seen. */
  takeMessages(): SteeringMessage[] {
    const taken = this.#queue.splice(0);
    this.#lastSeenNumber = this.#lastReceivedNumber;
    return taken;
  }

  /** Resolves when a message waits or people ask to finish. Rejects with the reason of the signal on abort. */
  async waitForMessage(signal: AbortSignal): Promise<void> {
    if (this.#queue.length > 0 || this.#isFinishRequested) return;
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

  /** Resolves with the answer to the question `id`, or with `defaultText` after `timeoutMs` milliseconds. */
  waitForAnswer(id: string, defaultText: string, timeoutMs: number): Promise<QuestionAnswer> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#defaultedQuestionIds.add(id);
        resolveOnce({ by: 'default', text: defaultText });
      }, timeoutMs);
      timer.unref();
      const resolveOnce = (answer: QuestionAnswer) => {
        clearTimeout(timer);
        if (this.#pendingQuestion?.id === id) this.#pendingQuestion = undefined;
        resolve(answer);
      };
      this.#pendingQuestion = { id, resolve: resolveOnce };
    });
  }

  /** Answers the pending question, unless the message names another question. Returns whether the question was answered. */
  #resolvePendingQuestion(message: SteeringMessage): boolean {
    const pending = this.#pendingQuestion;
    if (!pending) return false;
    if (message.answers !== undefined && message.answers !== pending.id) return false;
    const by = message.author === TIMEOUT_AUTHOR ? 'default' : 'person';
    if (by === 'person') this.#lastAnsweredQuestionId = pending.id;
    pending.resolve({ by, text: message.text });
    return true;
  }

  /**
   * Returns whether a message answers a question that is no longer pending, so that the message can be dropped. The late answer of a
   * person to a question that got its default is not obsolete: the agent gets this answer as a message.
   */
  #isObsoleteAnswer({ answers, author }: SteeringMessage): boolean {
    if (answers === undefined) return false;
    return author === TIMEOUT_AUTHOR || !this.#defaultedQuestionIds.has(answers);
  }
}

/** Returns whether a message interrupts the current turn of the agent. */
export function isUrgent(message: SteeringMessage): boolean {
  return message.text.startsWith(URGENT_PREFIX);
}

/** Renders messages of people as a prompt for the agent. */
export function renderSteeringMessages(messages: readonly SteeringMessage[]): string {
  const sections = messages.map((message) => {
    const text = isUrgent(message) ? message.text.slice(URGENT_PREFIX.length).trim() : message.text;
    return `${message.author.replace(/\s+/g, ' ').slice(0, 80)} says:\n${text}`;
  });
  return `${sections.join('\n\n')}\n\nTake this into account and go on with the task.`;
}
