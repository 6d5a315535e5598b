import type { Assignment, BridgePhase, Credentials } from '../../core/contract/attempt.ts';
import { AttemptFailure, throwIfAborted } from './attempt-end.ts';
import type { CallbackClient } from './callback-client.ts';
import { childEnvironment, type Folders } from './folders.ts';
import type { GitCredential } from './git.ts';
import { Heartbeat } from './heartbeat.ts';
import { outOfTime } from './limits.ts';
import type { ProcessTable } from './process.ts';
import type { Redactor } from './redact.ts';
import { programPath } from './settings.ts';
import { Inbox } from './steering.ts';
import { Transcript } from './transcript.ts';
import { UsageMeter } from './usage.ts';
import type { Runner } from './verify.ts';

export type AttemptParts = {
  assignment: Assignment;
  client: CallbackClient;
  folders: Folders;
  processes: ProcessTable;
  redactor: Redactor;
  /** Aborts when the attempt stops, with the error that says how. */
  signal: AbortSignal;
  /** Stops the attempt; the first reason counts. */
  end: (reason: Error) => void;
};

/** Credentials are fetched again this long before they end. */
const CREDENTIAL_MARGIN_MS = 5 * 60_000;
const CLOCK_MS = 1_000;

/** One attempt while it lasts: what it stands on, what it is doing, and how it is stopped. */
export class Attempt {
  readonly assignment: Assignment;
  readonly client: CallbackClient;
  readonly folders: Folders;
  readonly processes: ProcessTable;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly end: (reason: Error) => void;
  readonly transcript: Transcript;
  readonly meter: UsageMeter;
  readonly inbox: Inbox;
  readonly heartbeat: Heartbeat;
  /** Of the agent, set-up and verify. */
  readonly env: Record<string, string>;
  onUrgentMessage: () => void = () => {};
  private phase: BridgePhase = 'cloning';
  private activity = '';
  private readonly startedAt = Date.now();
  private progressAt = Date.now();
  private waitedMs = 0;
  private waitingSince: number | undefined;
  private known: Credentials | undefined;
  private clock: NodeJS.Timeout | undefined;

  constructor(parts: AttemptParts) {
    this.assignment = parts.assignment;
    this.client = parts.client;
    this.folders = parts.folders;
    this.processes = parts.processes;
    this.redactor = parts.redactor;
    this.signal = parts.signal;
    this.end = parts.end;
    this.meter = new UsageMeter(parts.assignment.price);
    this.inbox = new Inbox(() => this.onUrgentMessage(), parts.assignment.messagesSeen);
    this.env = childEnvironment(parts.folders, parts.assignment.env, programPath());
    this.transcript = new Transcript(
      (chunk) => this.client.transcript(chunk),
      this.redactor.redact,
      () => Date.now(),
    );
    this.heartbeat = new Heartbeat({
      leaseMs: parts.assignment.leaseMs,
      heartbeatMs: parts.assignment.heartbeatMs,
      beat: () => this.beat(),
      onAnswer: (answer) => this.inbox.receive(answer.messages, answer.finish),
      onLost: (ended) => this.end(ended),
    });
  }

  begin(): void {
    this.heartbeat.start();
    this.clock = setInterval(() => this.watchTime(), CLOCK_MS);
  }

  close(): void {
    this.heartbeat.stop();
    clearInterval(this.clock);
  }

  enter(phase: BridgePhase): void {
    throwIfAborted(this.signal);
    this.progress();
    if (phase === this.phase) return;
    this.phase = phase;
    this.activity = '';
    process.stderr.write(`bridge: ${phase}\n`);
    this.heartbeat.beatNow();
  }

  /** A sign of life, with one line of what it is doing. */
  progress(activity?: string): void {
    this.progressAt = Date.now();
    if (activity) this.activity = activity.replace(/\s+/g, ' ').slice(0, 200);
  }

  /** While people are waited for the agent is not idle, and the attempt's time stands still. */
  async whileWaiting<T>(work: () => Promise<T>): Promise<T> {
    this.waitingSince = Date.now();
    try {
      return await work();
    } finally {
      this.waitedMs = this.waited();
      this.waitingSince = undefined;
      this.progress();
    }
  }

  private waited(): number {
    return this.waitedMs + (this.waitingSince === undefined ? 0 : Date.now() - this.waitingSince);
  }

  /** For set-up and verify commands. */
  get runner(): Runner {
    const { processes, folders, env, signal } = this;
    return { processes, folders, env, redact: this.redactor.redact, signal };
  }

  /** In memory only; fetched when first needed and again before they end. */
  async credentials(): Promise<Credentials> {
    const isFresh = this.known && this.known.git.expiresAt - CREDENTIAL_MARGIN_MS > Date.now();
    if (this.known && isFresh) return this.known;
    this.known = await this.client.credentials();
    this.redactor.add(this.known.git.password);
    if (this.known.model) this.redactor.add(this.known.model.apiKey);
    return this.known;
  }

  async gitCredential(): Promise<GitCredential> {
    const { git } = await this.credentials();
    return git;
  }

  private beat() {
    return this.client.heartbeat({
      phase: this.phase,
      activity: this.redactor.redact(this.activity).slice(0, 200),
      usage: this.meter.usage(),
      progressAt: this.progressAt,
      messagesSeen: this.inbox.seen,
      answered: this.inbox.answered,
    });
  }

  private watchTime(): void {
    const reading = {
      now: Date.now(),
      startedAt: this.startedAt,
      waitedMs: this.waited(),
      progressAt: this.progressAt,
      agentBusy: this.phase === 'agent' && this.waitingSince === undefined,
    };
    const reason = outOfTime(reading, this.assignment.limits);
    if (reason) this.end(new AttemptFailure('limit', reason));
  }
}
