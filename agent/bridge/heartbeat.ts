import type { HeartbeatResponse } from '../../core/contract/attempt.ts';
import { AttemptEnded } from './attempt-end.ts';

// The bridge's sign of life, and its own judgement that it has lost the lease when nobody answers.

export type HeartbeatOptions = {
  leaseMs: number;
  heartbeatMs: number;
  beat: () => Promise<HeartbeatResponse>;
  onAnswer: (answer: HeartbeatResponse) => void;
  /** The lease is lost: whoever took over may be at work already. */
  onLost: (ended: AttemptEnded) => void;
};

/** Given up this long before the lease ends, so that the agent is dead when another may start. */
export function leaseMarginMs(leaseMs: number): number {
  return Math.min(10_000, leaseMs * 0.2);
}

type Moment = { wall: number; monotonic: number };

/** A machine that slept has a wall clock ahead of its monotonic one, a corrected clock the reverse: the longer one counts. */
export function elapsedMs(since: Moment, now: Moment): number {
  return Math.max(now.wall - since.wall, now.monotonic - since.monotonic);
}

function moment(): Moment {
  return { wall: Date.now(), monotonic: performance.now() };
}

export class Heartbeat {
  private readonly options: HeartbeatOptions;
  /** When the last answered heartbeat was sent. */
  private answered: Moment = moment();
  private stopped = false;
  private beating = false;
  private timer: NodeJS.Timeout | undefined;
  private watchdog: NodeJS.Timeout | undefined;

  constructor(options: HeartbeatOptions) {
    this.options = options;
  }

  start(): void {
    this.schedule(0);
    const every = Math.min(1_000, Math.max(20, this.options.leaseMs / 20));
    this.watchdog = setInterval(() => this.check(), every);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.watchdog);
  }

  /** Now rather than when it is due: the phase has changed, or a message is awaited. */
  beatNow(): void {
    if (!this.stopped && !this.beating) this.schedule(0);
  }

  /** Ends the attempt when the lease is lost. Called before anything that leaves this machine. */
  check(): void {
    if (this.stopped) return;
    const allowed = this.options.leaseMs - leaseMarginMs(this.options.leaseMs);
    if (elapsedMs(this.answered, moment()) < allowed) return;
    this.stop();
    this.options.onLost(new AttemptEnded('lease', 'no heartbeat was answered in time'));
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      void this.beatOnce();
    }, ms);
  }

  private async beatOnce(): Promise<void> {
    this.beating = true;
    const sent = moment();
    let pauseMs = this.options.heartbeatMs;
    try {
      const answer = await this.options.beat();
      this.answered = sent;
      this.options.onAnswer(answer);
    } catch {
      // Unanswered: again soon, until the watchdog decides. An answer that ends the attempt has ended it in the client.
      pauseMs = Math.min(pauseMs, 1_000);
    }
    this.beating = false;
    if (!this.stopped) this.schedule(pauseMs);
  }
}
