import { BY_TIMEOUT, type Steering } from '../../core/contract/attempt.ts';
import { abortReason } from './attempt-end.ts';

// What people say to the agent while it works: kept in order until it is given to it, once.

/** A message that begins with this is not kept until the turn ends: the turn is broken off for it. */
const URGENT = '!';

export type Answer = { by: 'person' | 'default'; text: string };
type Pending = { id: string; resolve: (answer: Answer) => void };

/** Messages and answers as heartbeats bring them, possibly more than once. */
export class Inbox {
  private readonly queue: Steering[] = [];
  private received: number;
  private given: number;
  /** Questions whose default was taken here. */
  private readonly defaulted = new Set<string>();
  private pending: Pending | undefined;
  private byPerson: string | undefined;
  private wake: (() => void) | undefined;
  private finishing = false;
  private readonly onUrgent: () => void;

  /** `seen`: an attempt before this one was given the messages up to there. */
  constructor(onUrgent: () => void, seen = 0) {
    this.onUrgent = onUrgent;
    this.received = seen;
    this.given = seen;
  }

  /** Up to here messages have reached the agent. */
  get seen(): number {
    return this.given;
  }

  /** The question that a person's words answered last. */
  get answered(): string | undefined {
    return this.byPerson;
  }

  get finish(): boolean {
    return this.finishing;
  }

  get waiting(): number {
    return this.queue.length;
  }

  receive(messages: readonly Steering[], finish: boolean): void {
    for (const message of [...messages].sort((a, b) => a.n - b.n)) {
      if (message.n <= this.received) continue;
      this.received = message.n;
      if (this.answerWith(message) || this.isMoot(message)) {
        if (this.queue.length === 0) this.given = message.n;
        continue;
      }
      this.queue.push(message);
      if (isUrgent(message)) this.onUrgent();
    }
    this.finishing ||= finish;
    if (this.queue.length > 0 || this.finishing) this.wake?.();
  }

  /** All that wait; they count as seen from now on. */
  take(): Steering[] {
    const taken = this.queue.splice(0);
    this.given = this.received;
    return taken;
  }

  /** Resolves when there is a message to take or the session is to finish. */
  async untilSomething(signal: AbortSignal): Promise<void> {
    if (this.queue.length > 0 || this.finishing) return;
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => reject(abortReason(signal));
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.wake = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
    });
    this.wake = undefined;
  }

  /** The answer to a question that was put, or its default when nobody gives one in `timeoutMs`. */
  answerTo(id: string, fallback: string, timeoutMs: number): Promise<Answer> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.defaulted.add(id);
        finish({ by: 'default', text: fallback });
      }, timeoutMs);
      timer.unref();
      const finish = (answer: Answer) => {
        clearTimeout(timer);
        if (this.pending?.id === id) this.pending = undefined;
        resolve(answer);
      };
      this.pending = { id, resolve: finish };
    });
  }

  /** A message that names no question answers the one that is open. */
  private answerWith(message: Steering): boolean {
    const { pending } = this;
    if (!pending || (message.answers !== undefined && message.answers !== pending.id)) return false;
    const by = message.author === BY_TIMEOUT ? 'default' : 'person';
    if (by === 'person') this.byPerson = pending.id;
    pending.resolve({ by, text: message.text });
    return true;
  }

  /** It answers a question that is closed. What a person says just too late still counts, as any message does. */
  private isMoot({ answers, author }: Steering): boolean {
    if (answers === undefined) return false;
    return author === BY_TIMEOUT || !this.defaulted.has(answers);
  }
}

export function isUrgent(message: Steering): boolean {
  return message.text.startsWith(URGENT);
}

/** What the agent is given for messages of people. */
export function renderSteering(messages: readonly Steering[]): string {
  const said = messages.map((message) => {
    const text = isUrgent(message) ? message.text.slice(URGENT.length).trim() : message.text;
    return `${message.author.replace(/\s+/g, ' ').slice(0, 80)} says:\n${text}`;
  });
  return `${said.join('\n\n')}\n\nTake this into account and go on with the task.`;
}
