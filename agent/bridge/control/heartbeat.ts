import type { HeartbeatResponse } from '../../../core/contract/attempt.ts';
import { AttemptEnded } from '../attempt-error.ts';

// Renews the lease by heartbeats. Without an answer the bridge itself decides that the lease is lost.

/** Longest interval after an unanswered heartbeat, milliseconds. */
const MAX_RETRY_INTERVAL_MS = 1_000;

/** Timing and callbacks of a heartbeat. */ export type HeartbeatOptions = {
  /** Duration of the lease from an answered heartbeat, milliseconds. */
  readonly leaseMs: number;
  /** Interval between heartbeats, milliseconds. */
  readonly heartbeatMs: number;
  readonly sendHeartbeat: () => Promise<HeartbeatResponse>;
  readonly onAnswer: (answer: HeartbeatResponse) => void;
  /** Called once when the lease is lost: another attempt may run already. */
  readonly onLeaseLost: (ended: AttemptEnded) => void;
};

/** Returns the margin before the end of the lease, milliseconds: the bridge gives up then, so that its agent is dead in time. */
export function computeLeaseMarginMs(leaseMs: number): number {
  return Math.min(10_000, leaseMs * 0.2);
}

/** Wall clock and monotonic clock, milliseconds. */
type ClockReadings = { readonly wall: number; readonly monotonic: number };

/**
 * Returns the longer of the two elapsed times, milliseconds. The monotonic clock stands still while the machine sleeps; the wall
 * clock may be set back.
 */
export function computeElapsedMs(since: ClockReadings, now: ClockReadings): number {
  return Math.max(now.wall - since.wall, now.monotonic - since.monotonic);
}

function readClocks(): ClockReadings {
  return { wall: Date.now(), monotonic: performance.now() };
}

/** Sends heartbeats at the interval until `stop`. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  /** Time at which the last answered heartbeat was sent. */
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
    const checkIntervalMs = Math.min(1_000, Math.max(20, this.#options.leaseMs / 20));
    this.#watchdog = setInterval(() => this.checkLease(), checkIntervalMs);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watchdog);
  }

  /** Sends the next heartbeat at once, to report a new phase or to fetch an awaited message. */
  beatNow(): void {
    if (!this.#isStopped && !this.#isBeating) this.#scheduleBeat(0);
  }

  /** Ends the attempt if the lease is lost. Must be called before every push. */
  checkLease(): void {
    if (this.#isStopped) return;
    const maxUnansweredMs = this.#options.leaseMs - computeLeaseMarginMs(this.#options.leaseMs);
    if (computeElapsedMs(this.#lastAnsweredAt, readClocks()) < maxUnansweredMs) return;
    this.stop();
    this.#options.onLeaseLost(new AttemptEnded('lease', 'no heartbeat was answered in time'));
  }

  #scheduleBeat(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#beatOnce();
    }, delayMs);
  }

  async #beatOnce(): Promise<void> {
    this.#isBeating = true;
    const sentAt = readClocks();
    let nextMs = this.#options.heartbeatMs;
    try {
      const answer = await this.#options.sendHeartbeat();
      this.#lastAnsweredAt = sentAt;
      this.#options.onAnswer(answer);
    } catch {
      // The watchdog ends the attempt after too many failures. For an answer that ends the attempt the client has done so.
      nextMs = Math.min(nextMs, MAX_RETRY_INTERVAL_MS);
    }
    this.#isBeating = false;
    if (!this.#isStopped) this.#scheduleBeat(nextMs);
  }
}
