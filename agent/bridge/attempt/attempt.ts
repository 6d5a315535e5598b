import type {
  Assignment,
  AttemptBudget,
  BridgePhase,
  Credentials,
} from '../../../core/contract/attempt.ts';
import { AttemptFailure, throwIfAborted } from '../attempt-error.ts';
import { findExpiredTimeLimit } from '../control/attempt-limits.ts';
import type { CallbackClient } from '../control/callback-client.ts';
import { Heartbeat } from '../control/heartbeat.ts';
import { SteeringInbox } from '../control/steering-inbox.ts';
import { Transcript } from '../control/transcript.ts';
import type { GitCredential } from '../git/git.ts';
import type { AttemptFolders } from '../host/attempt-folders.ts';
import { buildChildEnvironment } from '../host/attempt-folders.ts';
import type { ProcessTable } from '../host/process-table.ts';
import type { Redactor } from '../host/redactor.ts';
import type { IsolationSetting, Sandbox } from '../host/sandbox.ts';
import { SandboxFactory } from '../host/sandbox.ts';
import { UsageMeter } from '../model/token-usage.ts';
import type { CommandRunner } from './produce-evidence.ts';

/** Assignment, connections and resources of an attempt. */
export type AttemptParts = {
  readonly assignment: Assignment;
  readonly client: CallbackClient;
  readonly folders: AttemptFolders;
  readonly processes: ProcessTable;
  readonly isolation: IsolationSetting;
  readonly redactor: Redactor;
  /** Aborts when the attempt stops, with an AttemptFailure or AttemptEnded as reason. */
  readonly signal: AbortSignal;
  /** Stops the attempt with an AttemptFailure or AttemptEnded. Later calls have no effect. */
  readonly stop: (reason: Error) => void;
};

/** Credentials are fetched again if the git credential expires within this time, milliseconds. */
const CREDENTIAL_MARGIN_MS = 5 * 60_000;
const LIMIT_CHECK_INTERVAL_MS = 1_000;
const MAX_ACTIVITY_CHARS = 200;

/** Running attempt: the objects that all steps share, the current phase, the timers and the credentials. */
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
  /** Environment of the agent, and of set-up in the workspace. */
  readonly childEnv: Record<string, string>;
  /** Called for a message of a person that starts with `!`. Each turn of the agent sets this function to cancel the turn. */
  onUrgentMessage: () => void = () => {};
  #budget: AttemptBudget | undefined;
  #phase: BridgePhase = 'cloning';
  #activity = '';
  readonly #startedAt = Date.now();
  #progressAt = Date.now();
  #waitedMs = 0;
  #waitingSince: number | undefined;
  /** In memory only, never on disk. */
  #cachedCredentials: Credentials | undefined;
  #limitTimer: NodeJS.Timeout | undefined;
  readonly #isolationSetting: IsolationSetting;
  #sandboxFactory: Promise<SandboxFactory> | undefined;
  #workSandbox: Promise<Sandbox> | undefined;

  constructor(parts: AttemptParts) {
    this.assignment = parts.assignment;
    this.client = parts.client;
    this.folders = parts.folders;
    this.processes = parts.processes;
    this.#isolationSetting = parts.isolation;
    this.redactor = parts.redactor;
    this.signal = parts.signal;
    this.stop = parts.stop;
    this.#budget = parts.assignment.budget;
    this.usageMeter = new UsageMeter(parts.assignment.price);
    this.inbox = new SteeringInbox(() => this.onUrgentMessage(), parts.assignment.messagesSeen);
    this.childEnv = buildChildEnvironment(parts.folders, parts.assignment.env, parts.processes);
    this.transcript = new Transcript(
      (chunk) => this.client.sendTranscript(chunk),
      this.redactor.redact,
      () => Date.now(),
    );
    this.heartbeat = new Heartbeat({
      leaseMs: parts.assignment.leaseMs,
      heartbeatMs: parts.assignment.heartbeatMs,
      sendHeartbeat: () => this.#sendHeartbeat(),
      onAnswer: (answer) => {
        this.#budget = answer.budget;
        this.inbox.receiveMessages(answer.messages, answer.finish);
      },
      onLeaseLost: (ended) => this.stop(ended),
    });
  }

  /** Newest budget from the control plane; undefined if the plan has no budget. */
  get budget(): AttemptBudget | undefined {
    return this.#budget;
  }

  /** Starts the heartbeat and the check of the time limits. */
  startTimers(): void {
    this.heartbeat.start();
    this.#limitTimer = setInterval(() => this.#checkTimeLimits(), LIMIT_CHECK_INTERVAL_MS);
  }

  stopTimers(): void {
    this.heartbeat.stop();
    clearInterval(this.#limitTimer);
  }

  /** Enters a phase and reports the phase with a heartbeat. Throws the abort reason if the attempt has stopped. */
  enterPhase(phase: BridgePhase): void {
    throwIfAborted(this.signal);
    this.recordProgress();
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#activity = '';
    process.stderr.write(`bridge: ${phase}\n`);
    this.heartbeat.beatNow();
  }

  /** Records progress of the agent; `activity` is one line for people. */
  recordProgress(activity?: string): void {
    this.#progressAt = Date.now();
    if (activity) this.#activity = activity.replace(/\s+/g, ' ').slice(0, MAX_ACTIVITY_CHARS);
  }

  /** Runs `work`, which waits for people. While `work` runs, the time does not count toward the time limits. */
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
    const currentWaitMs = this.#waitingSince === undefined ? 0 : Date.now() - this.#waitingSince;
    return this.#waitedMs + currentWaitMs;
  }

  /** Returns the objects and settings to run commands in a sandbox. */
  createCommandRunner(sandbox: Sandbox, env: Readonly<Record<string, string>>): CommandRunner {
    const { processes, signal } = this;
    return { processes, sandbox, env, redact: this.redactor.redact, signal };
  }

  /** Returns the factory of sandboxes. Throws an AttemptFailure if the system does not offer the isolation that the settings require. */
  getSandboxFactory(): Promise<SandboxFactory> {
    this.#sandboxFactory ??= SandboxFactory.open(this.processes, this.#isolationSetting);
    return this.#sandboxFactory;
  }

  /** Returns the sandbox of the agent and of set-up in the workspace. Creates the sandbox if the last one has ended. */
  openWorkSandbox(): Promise<Sandbox> {
    this.#workSandbox ??= this.getSandboxFactory().then((factory) => factory.create());
    return this.#workSandbox;
  }

  /** Ends the sandbox of the agent, and every other process of the attempt. Throws if a process survives. */
  async endWorkProcesses(): Promise<void> {
    const sandbox = await this.#workSandbox?.catch(() => undefined);
    this.#workSandbox = undefined;
    await sandbox?.end();
    await this.processes.endAll(this.folders.root);
  }

  /** Returns cached credentials, or fetches new credentials if the git credential expires within five minutes. */
  async getCredentials(): Promise<Credentials> {
    const cached = this.#cachedCredentials;
    if (cached && cached.git.expiresAt - CREDENTIAL_MARGIN_MS > Date.now()) return cached;
    const fetched = await this.client.fetchCredentials();
    this.#cachedCredentials = fetched;
    this.redactor.addSecret(fetched.git.password);
    if (fetched.model) this.redactor.addSecret(fetched.model.apiKey);
    return fetched;
  }

  /** Returns the git credential for the forge. */
  async getGitCredential(): Promise<GitCredential> {
    const { git } = await this.getCredentials();
    return git;
  }

  #sendHeartbeat() {
    return this.client.sendHeartbeat({
      phase: this.#phase,
      activity: this.redactor.redact(this.#activity).slice(0, MAX_ACTIVITY_CHARS),
      usage: this.usageMeter.getUsage(),
      progressAt: this.#progressAt,
      messagesSeen: this.inbox.lastSeenNumber,
      answered: this.inbox.lastAnsweredQuestionId,
    });
  }

  #checkTimeLimits(): void {
    const times = {
      now: Date.now(),
      startedAt: this.#startedAt,
      waitedMs: this.#computeWaitedMs(),
      progressAt: this.#progressAt,
      isAgentBusy: this.#phase === 'agent' && this.#waitingSince === undefined,
    };
    const reason = findExpiredTimeLimit(times, this.assignment.limits);
    if (reason) this.stop(new AttemptFailure('limit', reason));
  }
}
