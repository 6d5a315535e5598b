import type { HeartbeatResponse } from '../../../core/contract/attempt.ts';
import { AttemptEnded } from '../attempt-error.ts';

// The bridge's sign of life, and its own judgement that it has lost the lease when nobody answers.

export type HeartbeatOptions = {
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  readonly sendHeartbeat: () => Promise<HeartbeatResponse>;
  readonly onAnswer: (answer: HeartbeatResponse) => void;
  /** The lease is lost: whoever took over may be at work already. */
  readonly onLeaseLost: (ended: AttemptEnded) => void;
};

/** Given up this long before the lease ends, so that the agent is dead when another may start. */
export function computeLeaseMarginMs(leaseMs: number): number {
  return Math.min(10_000, leaseMs * 0.2);
}

type ClockReadings = { readonly wall: number; readonly monotonic: number };

/** A machine that slept has a wall clock ahead of its monotonic one, a corrected clock the reverse: the longer one counts. */
export function computeElapsedMs(since: ClockReadings, now: ClockReadings): number {
  return Math.max(now.wall - since.wall, now.monotonic - since.monotonic);
}

function readClocks(): ClockReadings {
  return { wall: Date.now(), monotonic: performance.now() };
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  /** When the last answered heartbeat was sent. */
  #lastAnsweredAt: ClockReadings = readClocks();
  #isStopped = false;
  #isBeating = false;
  #timer: NodeJS.Timeout | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    this.#scheduleBeat(0);
    const every = Math.min(1_000, Math.max(20, this.#options.leaseMs / 20));
    this.#watchdog = setInterval(() => this.checkLease(), every);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watchdog);
  }

  /** Now rather than when it is due: the phase has changed, or a message is awaited. */
  beatNow(): void {
    if (!this.#isStopped && !this.#isBeating) this.#scheduleBeat(0);
  }

  /** Ends the attempt when the lease is lost. Called before anything that leaves this machine. */
  checkLease(): void {
    if (this.#isStopped) return;
    const allowed = this.#options.leaseMs - computeLeaseMarginMs(this.#options.leaseMs);
    if (computeElapsedMs(this.#lastAnsweredAt, readClocks()) < allowed) return;
    this.stop();
    this.#options.onLeaseLost(new AttemptEnded('lease', 'no heartbeat was answered in time'));
  }

  #scheduleBeat(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#beatOnce();
    }, ms);
  }

  async #beatOnce(): Promise<void> {
    this.#isBeating = true;
    const sent = readClocks();
    let pauseMs = this.#options.heartbeatMs;
    try {
      const answer = await this.#options.sendHeartbeat();
      this.#lastAnsweredAt = sent;
      this.#options.onAnswer(answer);
    } catch {
      // Unanswered: again soon, until the watchdog decides. An answer that ends the attempt has ended it in the client.
      pauseMs = Math.min(pauseMs, 1_000);
    }
    this.#isBeating = false;
    if (!this.#isStopped) this.#scheduleBeat(pauseMs);
  }
}
