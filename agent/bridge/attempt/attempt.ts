import type { Assignment, BridgePhase, Credentials } from '../../../core/contract/attempt.ts';
import { AttemptFailure, throwIfAborted } from '../attempt-error.ts';
import { findExpiredTimeLimit } from '../control/attempt-limits.ts';
import type { CallbackClient } from '../control/callback-client.ts';
import { Heartbeat } from '../control/heartbeat.ts';
import { SteeringInbox } from '../control/steering-inbox.ts';
import { Transcript } from '../control/transcript.ts';
import type { GitCredential } from '../git/git.ts';
import type { AttemptFolders } from '../host/attempt-folders.ts';
import { buildChildEnvironment } from '../host/attempt-folders.ts';
import { readProgramPath } from '../host/bridge-settings.ts';
import type { ProcessTable } from '../host/process-table.ts';
import type { Redactor } from '../host/redactor.ts';
import { UsageMeter } from '../model/token-usage.ts';
import type { CommandRunner } from './produce-evidence.ts';

export type AttemptParts = {
  readonly assignment: Assignment;
  readonly client: CallbackClient;
  readonly folders: AttemptFolders;
  readonly processes: ProcessTable;
  readonly redactor: Redactor;
  /** Aborts when the attempt stops, with the error that says how. */
  readonly signal: AbortSignal;
  /** Stops the attempt; the first reason counts. */
  readonly stop: (reason: Error) => void;
};

/** Credentials are fetched again this long before they end. */
const CREDENTIAL_MARGIN_MS = 5 * 60_000;
const LIMIT_CHECK_INTERVAL_MS = 1_000;

/** One attempt while it lasts: what it stands on, what it is doing, and how it is stopped. */
export class Attempt {
  readonly assignment: Assignment;
  readonly client: CallbackClient;
  readonly folders: AttemptFolders;
  readonly processes: ProcessTable;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly stop: (reason: Error) => void;
  readonly transcript: Transcript;
  readonly usageMeter: UsageMeter;
  readonly inbox: SteeringInbox;
  readonly heartbeat: Heartbeat;
  /** Of the agent, set-up and verify. */
  readonly childEnv: Record<string, string>;
  onUrgentMessage: () => void = () => {};
  #phase: BridgePhase = 'cloning';
  #activity = '';
  readonly #startedAt = Date.now();
  #progressAt = Date.now();
  #waitedMs = 0;
  #waitingSince: number | undefined;
  #cachedCredentials: Credentials | undefined;
  #limitTimer: NodeJS.Timeout | undefined;

  constructor(parts: AttemptParts) {
    this.assignment = parts.assignment;
    this.client = parts.client;
    this.folders = parts.folders;
    this.processes = parts.processes;
    this.redactor = parts.redactor;
    this.signal = parts.signal;
    this.stop = parts.stop;
    this.usageMeter = new UsageMeter(parts.assignment.price);
    this.inbox = new SteeringInbox(() => this.onUrgentMessage(), parts.assignment.messagesSeen);
    this.childEnv = buildChildEnvironment(parts.folders, parts.assignment.env, readProgramPath());
    this.transcript = new Transcript(
      (chunk) => this.client.transcript(chunk),
      this.redactor.redact,
      () => Date.now(),
    );
    this.heartbeat = new Heartbeat({
      leaseMs: parts.assignment.leaseMs,
      heartbeatMs: parts.assignment.heartbeatMs,
      sendHeartbeat: () => this.#sendHeartbeat(),
      onAnswer: (answer) => this.inbox.receiveMessages(answer.messages, answer.finish),
      onLeaseLost: (ended) => this.stop(ended),
    });
  }

  startTimers(): void {
    this.heartbeat.start();
    this.#limitTimer = setInterval(() => this.#checkTimeLimits(), LIMIT_CHECK_INTERVAL_MS);
  }

  stopTimers(): void {
    this.heartbeat.stop();
    clearInterval(this.#limitTimer);
  }

  enterPhase(phase: BridgePhase): void {
    throwIfAborted(this.signal);
    this.recordProgress();
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#activity = '';
    process.stderr.write(`bridge: ${phase}\n`);
    this.heartbeat.beatNow();
  }

  /** A sign of life, with one line of what it is doing. */
  recordProgress(activity?: string): void {
    this.#progressAt = Date.now();
    if (activity) this.#activity = activity.replace(/\s+/g, ' ').slice(0, 200);
  }

  /** While people are waited for the agent is not idle, and the attempt's time stands still. */
  async pauseClockDuring<T>(work: () => Promise<T>): Promise<T> {
    this.#waitingSince = Date.now();
    try {
      return await work();
    } finally {
      this.#waitedMs = this.#computeWaitedMs();
      this.#waitingSince = undefined;
      this.recordProgress();
    }
  }

  #computeWaitedMs(): number {
    return (
      this.#waitedMs + (this.#waitingSince === undefined ? 0 : Date.now() - this.#waitingSince)
    );
  }

  /** For set-up and verify commands. */
  get commandRunner(): CommandRunner {
    const { processes, folders, childEnv, signal } = this;
    return { processes, folders, childEnv, redact: this.redactor.redact, signal };
  }

  /** In memory only; fetched when first needed and again before they end. */
  async getCredentials(): Promise<Credentials> {
    const isFresh =
      this.#cachedCredentials &&
      this.#cachedCredentials.git.expiresAt - CREDENTIAL_MARGIN_MS > Date.now();
    if (this.#cachedCredentials && isFresh) return this.#cachedCredentials;
    this.#cachedCredentials = await this.client.credentials();
    this.redactor.addSecret(this.#cachedCredentials.git.password);
    if (this.#cachedCredentials.model)
      this.redactor.addSecret(this.#cachedCredentials.model.apiKey);
    return this.#cachedCredentials;
  }

  async getGitCredential(): Promise<GitCredential> {
    const { git } = await this.getCredentials();
    return git;
  }

  #sendHeartbeat() {
    return this.client.heartbeat({
      phase: this.#phase,
      activity: this.redactor.redact(this.#activity).slice(0, 200),
      usage: this.usageMeter.getUsage(),
      progressAt: this.#progressAt,
      messagesSeen: this.inbox.lastSeen,
      answered: this.inbox.lastAnsweredQuestion,
    });
  }

  #checkTimeLimits(): void {
    const reading = {
      now: Date.now(),
      startedAt: this.#startedAt,
      waitedMs: this.#computeWaitedMs(),
      progressAt: this.#progressAt,
      agentBusy: this.#phase === 'agent' && this.#waitingSince === undefined,
    };
    const reason = findExpiredTimeLimit(reading, this.assignment.limits);
    if (reason) this.stop(new AttemptFailure('limit', reason));
  }
}
