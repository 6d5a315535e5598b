import type { HeartbeatResponse } from '../../../core/contract/attempt.ts';
import { AttemptEnded } from '../attempt-error.ts';

// Renews the lease by heartbeats. If no answer comes in time, the bridge itself decides that the lease is lost.

/** Longest wait between a failed heartbeat and the next heartbeat, milliseconds. */
const MAX_RETRY_INTERVAL_MS = 1_000;

/** Timing and callbacks of the heartbeat. */
export type HeartbeatOptions = {
  /** Time for which an answered heartbeat renews the lease, milliseconds. */
  readonly leaseMs: number;
  /** Interval between heartbeats, milliseconds. */
  readonly heartbeatMs: number;
  readonly sendHeartbeat: () => Promise<HeartbeatResponse>;
  readonly onAnswer: (answer: HeartbeatResponse) => void;
  /** Called once when the lease is lost. The bridge must stop then, because another attempt may already be running. */
  readonly onLeaseLost: (ended: AttemptEnded) => void;
};

/**
 * Returns how long before the end of the lease the bridge gives the lease up, milliseconds. The margin is the time to kill the agent
 * before another attempt starts.
 */
export function computeLeaseMarginMs(leaseMs: number): number {
  return Math.min(10_000, leaseMs * 0.2);
}

/** Readings of the wall clock and the monotonic clock at the same moment, milliseconds. */
type ClockReadings = { readonly wall: number; readonly monotonic: number };

/**
 * Returns the elapsed time in milliseconds: the longer of the two durations that the clocks show. The monotonic clock stands still
 * while the machine sleeps, and the wall clock may be set back.
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
  /** Time at which the newest answered heartbeat was sent. */
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

  /** Sends the next heartbeat at once, in order to report a new phase or to receive a message sooner. */
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
    let nextDelayMs = this.#options.heartbeatMs;
    try {
      const answer = await this.#options.sendHeartbeat();
      this.#lastAnsweredAt = sentAt;
      this.#options.onAnswer(answer);
    } catch {
      // A failed heartbeat is repeated soon; the watchdog ends the attempt when the lease is lost. If the API answered that the
      // attempt has ended, the callback client has already stopped the attempt.
      nextDelayMs = Math.min(nextDelayMs, MAX_RETRY_INTERVAL_MS);
    }
    this.#isBeating = false;
    if (!this.#isStopped) this.#scheduleBeat(nextDelayMs);
  }
}
