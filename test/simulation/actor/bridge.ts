import { isAppError } from '../../../core/base/app-error.ts';
import type { Assignment, AttemptResult } from '../../../core/contract/attempt.ts';
import type { AttemptKey } from '../../../core/contract/id.ts';
import { hashText, parseAttemptId } from '../../../core/contract/id.ts';
import type { Usage } from '../../../core/contract/task.ts';
import {
  acceptResult,
  askQuestion,
  recordCheckpoint,
  recordHeartbeat,
} from '../../../core/engine/attempt/attempt-callbacks.ts';
import { startAttempt } from '../../../core/engine/attempt/start-attempt.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import { judgeStartCommit } from '../judge/attempt-rules.ts';
import { callApi } from '../platform.ts';
import type { SimPod } from '../pods.ts';
import type { Random } from '../time/random.ts';
import { createRandom } from '../time/random.ts';
import type { World } from '../world.ts';
import { performVerification, performWork } from './bridge-work.ts';
import { drawAttemptFault } from './faulty-outcome.ts';

// A simulated bridge, reduced to its calls to the control plane and its pushes to the forge.

const MAX_CALL_RETRIES = 41;
export const NO_USAGE = { inputTokens: 0, outputTokens: 0, usd: 0, turns: 0 };

/** Ends the work of a bridge whose attempt the control plane has ended, or whose lease is about to end. */
export class BridgeEndedError extends Error {}

/** Process in a pod that performs one attempt. */
export class Bridge {
  readonly world: World;
  readonly pod: SimPod;
  readonly key: AttemptKey;
  /** Epoch milliseconds at which the bridge sent its last answered call. */
  lastAnswerAt: number;
  /** True after a response `attempt_ended`. */
  isAttemptEnded = false;
  /** True after the bridge has exited. */
  hasExited = false;
  /** Answer of a person to a question of the agent. */
  answer: string | undefined;
  /** Reported usage; only grows. */
  #usage: Usage = NO_USAGE;
  #hasAgentEnded = false;
  /** True after the usage has reached the budget of the plan. */
  #isBudgetUsed = false;
  /** A separate generator keeps the histories of seeds without budgets. */
  readonly #usageRandom: Random;
  #assignment: Assignment | undefined;

  constructor(world: World, pod: SimPod) {
    this.world = world;
    this.pod = pod;
    const key = parseAttemptId(pod.attemptId);
    if (key === undefined) throw new Error(`the pod has the invalid attempt id ${pod.attemptId}`);
    this.key = key;
    this.lastAnswerAt = world.loop.now;
    this.#usageRandom = createRandom(world.seed + hashText(pod.attemptId));
  }

  /** Adds random usage of the model and returns the total; a `verify` attempt, and an agent that has ended, use no model. */
  #addUsage(): Usage {
    if (this.assignment.kind === 'verify') return NO_USAGE;
    if (this.#hasAgentEnded) return this.#usage;
    const { inputTokens, outputTokens, turns } = this.#usage;
    this.#usage = {
      inputTokens: inputTokens + this.#usageRandom.between(0, 300),
      outputTokens: outputTokens + this.#usageRandom.between(1, 30),
      usd: 0,
      turns: turns + 1,
    };
    this.world.judge.budgets.recordSentUsage(this.key, this.#usage);
    return this.#usage;
  }

  get assignment(): Assignment {
    if (this.#assignment === undefined)
      throw new Error('the bridge has not received its assignment yet');
    return this.#assignment;
  }

  /** Waits for `ms` milliseconds; the promise stays pending if the process dies in the meantime. */
  waitWhileAlive(ms: number): Promise<void> {
    return new Promise((resolve) =>
      this.world.loop.schedule(ms, () => this.pod.life.isAlive && resolve()),
    );
  }

  /** Throws if the bridge must not call or push any more. A zombie continues regardless. */
  requireActive(): void {
    if (this.pod.life.isZombie) return;
    const { leaseMs } = this.world.settings;
    if (this.isAttemptEnded) throw new BridgeEndedError('the control plane has ended the attempt');
    if (this.world.loop.now - this.lastAnswerAt >= leaseMs - Math.min(10_000, leaseMs * 0.2))
      throw new BridgeEndedError('the lease is about to end');
  }

  /** Repeats a call until a response arrives, at most MAX_CALL_RETRIES times. */
  async callUntilAnswered<T>(
    callName: string,
    handle: (deps: EngineDeps, key: AttemptKey) => Promise<T>,
  ): Promise<T> {
    const { world, pod } = this;
    const id = world.interference?.rewriteAttemptId?.(pod.attemptId, world) ?? pod.attemptId;
    const key = parseAttemptId(id) ?? this.key;
    // True once the engine has handled the call, even if the response was lost.
    let wasHandled = false;
    for (let retries = 0; ; retries += 1) {
      if (callName !== 'start') this.requireActive();
      const sentAt = world.loop.now;
      try {
        const recordAndHandle = async (deps: EngineDeps): Promise<T> => {
          const answer = await handle(deps, key);
          wasHandled = true;
          return answer;
        };
        const answer = await callApi(world, `${callName} ${id}`, recordAndHandle, pod.life);
        this.lastAnswerAt = Math.max(this.lastAnswerAt, sentAt);
        return answer;
      } catch (error) {
        const isRefused = isAppError(error, 'conflict', 'attempt_ended');
        if (isRefused) this.isAttemptEnded = true;
        if (callName === 'result' && isRefused && wasHandled)
          world.judge.recordRefusedRepeat(world, this.key);
        const isRetryable = isAppError(error, 'transient') || isAppError(error, 'paused');
        if (!isRetryable || retries >= MAX_CALL_RETRIES) throw error;
        await this.waitWhileAlive(world.random.between(500, 4_000));
      }
    }
  }

  async startAttempt(): Promise<void> {
    this.#assignment = await this.callUntilAnswered('start', startAttempt);
    const { kind, repository } = this.#assignment;
    const { world, pod } = this;
    world.judge.recordAttemptStart(world, this.key, kind, pod.name);
    if (kind === 'work')
      world.judge.bases.judgeStart(world, this.key, {
        repo: repository.name,
        root: repository.root,
      });
    if (kind !== 'verify') world.judge.budgets.judgeStart(world, this.key);
    if (kind !== 'verify') judgeStartCommit(world.judge, world, pod.attemptId, repository.start);
    this.lastAnswerAt = this.world.loop.now;
    void this.#sendHeartbeats();
  }

  async #sendHeartbeats(): Promise<void> {
    let messagesSeen = 0;
    while (!this.isAttemptEnded || this.pod.life.isZombie) {
      await this.waitWhileAlive(this.world.settings.heartbeatMs);
      if (this.hasExited) return;
      const usage = this.#addUsage();
      try {
        const heartbeat = await this.callUntilAnswered('heartbeat', async (deps, key) => {
          const response = await recordHeartbeat(deps, key, {
            phase: 'agent',
            activity: '',
            usage,
            progressAt: this.world.loop.now,
            messagesSeen,
          });
          this.world.judge.budgets.recordHandledHeartbeat(this.world, key, usage);
          return response;
        });
        const limit = heartbeat.budget?.tokens ?? Number.POSITIVE_INFINITY;
        this.#isBudgetUsed = usage.inputTokens + usage.outputTokens >= limit;
        for (const message of heartbeat.messages) {
          messagesSeen = Math.max(messagesSeen, message.n);
          if (message.answers !== undefined) this.answer = message.text;
        }
      } catch {
        if (!this.pod.life.isZombie) return;
      }
    }
  }

  pushCommit(commit: string): void {
    this.requireActive();
    const { name, branch } = this.assignment.repository;
    this.world.recordHistory(`${this.pod.attemptId} pushes ${commit.slice(0, 6)}`);
    this.world.forge.setBranch(name, branch, commit, {
      kind: 'bridge',
      attempt: this.pod.attemptId,
    });
  }

  async sendCheckpoint(commit: string): Promise<void> {
    this.pushCommit(commit);
    await this.callUntilAnswered('checkpoint', (deps, key) => recordCheckpoint(deps, key, commit));
    this.world.judge.commitments.recordSavedCommit(this.key, commit);
  }

  /**
   * Reports a result. `falseResult`: a different result that the bridge sends instead, and that the engine must treat as equal
   * to `trueResult`. After the budget is used up, the bridge reports only this.
   */
  async reportResult(trueResult: AttemptResult, falseResult = trueResult): Promise<void> {
    const { plan, repository, kind } = this.assignment;
    const usage = this.#addUsage();
    // The heartbeats continue while the result is sent, but the agent has ended.
    this.#hasAgentEnded = true;
    const mustStop = kind !== 'verify' && this.#isBudgetUsed;
    const result = mustStop ? createBudgetResult(usage) : { ...trueResult, usage };
    const sentResult = mustStop ? result : { ...falseResult, usage };
    if (plan.purpose === 'base')
      this.world.judge.bases.recordReport(repository.name, repository.verifyCommit ?? '', result);
    this.world.judge.recordReport(this.world, this.key, this.assignment.kind, result);
    await this.callUntilAnswered('result', (deps, key) => acceptResult(deps, key, sentResult));
    this.world.judge.recordAcceptedResult(this.world, this.key, this.assignment.kind, result);
    this.world.recordHistory(`${this.pod.attemptId} reported ${result.outcome}`);
  }

  /** Asks a question and waits for the answer; under a fault, the agent stops waiting early. */
  async askQuestion(): Promise<void> {
    const { random, loop } = this.world;
    const timeoutAt = loop.now + random.between(30_000, 400_000);
    const question = {
      id: `q${loop.now}`,
      text: 'Which?',
      options: [],
      default: 'this',
      timeoutAt,
    };
    await this.callUntilAnswered('question', (deps, key) => askQuestion(deps, key, question));
    const giveUpAt = this.world.faults.drawFault('agent_stops_waiting')
      ? loop.now + random.between(1_000, 30_000)
      : Number.POSITIVE_INFINITY;
    while (this.answer === undefined && loop.now < giveUpAt) {
      await this.waitWhileAlive(2_000);
      this.requireActive();
    }
    // An agent that stopped waiting may ask again, although its first question is still open.
    if (this.answer === undefined && random.chance(0.3)) await this.askQuestion();
  }
}

function createBudgetResult(usage: Usage): AttemptResult {
  const reason = 'the budget of the plan is used up';
  return { outcome: 'failed', cause: 'budget', reason, files: [], leftOut: [], usage };
}

export function runBridge(world: World, pod: SimPod): void {
  const bridge = new Bridge(world, pod);
  runAttempt(bridge)
    .catch((error: unknown) => {
      world.recordHistory(
        `${pod.attemptId} stops: ${error instanceof Error ? error.message : error}`,
      );
    })
    .finally(() => {
      bridge.hasExited = true;
      if (pod.state !== 'gone') world.pods.endPod(pod);
    });
}

async function runAttempt(bridge: Bridge): Promise<void> {
  const { random, loop } = bridge.world;
  await bridge.startAttempt();
  const { kind } = bridge.assignment;
  const durationMs = Math.min(600_000, random.logNormal(35_000, 0.9)) / (kind === 'verify' ? 3 : 1);
  const faultAtMs = durationMs * random.next();
  loop.schedule(faultAtMs, () => applyPodFaults(bridge));
  if (kind === 'verify') await performVerification(bridge, durationMs);
  else await performWork(bridge, durationMs);
}

/** Draws at most one fault of a running pod and applies it. */
function applyPodFaults(bridge: Bridge): void {
  const { world, pod } = bridge;
  if (!pod.life.isAlive || pod.state === 'gone') return;
  if (drawAttemptFault(bridge, 'pod_dies')) world.pods.endPod(pod);
  else if (drawAttemptFault(bridge, 'pod_dies_unreported')) pod.life.isAlive = false;
  else if (drawAttemptFault(bridge, 'pod_cut_off'))
    pod.life.cutOffUntil = world.loop.now + world.random.between(20_000, 400_000);
  else if (drawAttemptFault(bridge, 'pod_reported_gone_too_early')) turnIntoZombie(world, pod);
}

/** Reports a pod as gone and cuts it off, so that another attempt takes over; afterwards the pod continues to call and push. */
function turnIntoZombie(world: World, pod: SimPod): void {
  pod.life.cutOffUntil = world.loop.now + world.random.between(60_000, 400_000);
  world.pods.hidePod(pod);
}
