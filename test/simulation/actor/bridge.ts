import { isAppError } from '../../../core/base/app-error.ts';
import type { Assignment, AttemptResult } from '../../../core/contract/attempt.ts';
import type { AttemptKey } from '../../../core/contract/id.ts';
import { parseAttemptId } from '../../../core/contract/id.ts';
import {
  acceptResult,
  askQuestion,
  recordCheckpoint,
  recordHeartbeat,
} from '../../../core/engine/attempt/attempt-callbacks.ts';
import { startAttempt } from '../../../core/engine/attempt/start-attempt.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import { judgeStart } from '../judge/attempt-rules.ts';
import { callApi } from '../platform.ts';
import type { SimPod } from '../pods.ts';
import type { World } from '../world.ts';
import { performVerification, performWork } from './bridge-work.ts';
import { hasFaultyOutcome } from './faulty-outcome.ts';

// A bridge as seen by the control plane and the forge: its calls and its pushes.

export const NO_USAGE = { inputTokens: 0, outputTokens: 0, usd: 0, turns: 0 };

/** Reports that a bridge must stop, because of a refused call or the end of its lease. */
export class BridgeEndedError extends Error {}

export class Bridge {
  readonly world: World;
  readonly pod: SimPod;
  readonly key: AttemptKey;
  /** Epoch milliseconds of the last answered call. */
  answeredAt: number;
  /** True after the control plane has ended the attempt. */
  isStopped = false;
  /** True after the bridge has exited. */
  hasFinished = false;
  answer: string | undefined;
  #assignment: Assignment | undefined;

  constructor(world: World, pod: SimPod) {
    this.world = world;
    this.pod = pod;
    const key = parseAttemptId(pod.attemptId);
    if (key === undefined) throw new Error(`pod with an invalid attempt id: ${pod.attemptId}`);
    this.key = key;
    this.answeredAt = world.loop.now;
  }

  get assignment(): Assignment {
    if (this.#assignment === undefined) throw new Error('the bridge has no assignment yet');
    return this.#assignment;
  }

  /** Waits for a time in milliseconds; never resolves when the process dies before the end. */
  waitWhileAlive(ms: number): Promise<void> {
    return new Promise((resolve) =>
      this.world.loop.schedule(ms, () => this.pod.life.alive && resolve()),
    );
  }

  /** Throws when the bridge may no longer act; required before each call and push. */
  requireAlive(): void {
    if (this.pod.life.zombie) return;
    const { leaseMs } = this.world.settings;
    if (this.isStopped) throw new BridgeEndedError('the control plane has ended the attempt');
    if (this.world.loop.now - this.answeredAt >= leaseMs - Math.min(10_000, leaseMs * 0.2))
      throw new BridgeEndedError('the lease is about to end');
  }

  /** Repeats a call until an answer arrives. */
  async callUntilAnswered<T>(
    callName: string,
    handle: (deps: EngineDeps, key: AttemptKey) => Promise<T>,
  ): Promise<T> {
    const { world, pod } = this;
    const id = world.interference?.rewriteAttemptId?.(pod.attemptId, world) ?? pod.attemptId;
    const key = parseAttemptId(id) ?? this.key;
    let wasHandled = false;
    for (let tries = 0; ; tries += 1) {
      if (callName !== 'start') this.requireAlive();
      const sentAt = world.loop.now;
      try {
        const handleOnce = async (deps: EngineDeps): Promise<T> => {
          const answer = await handle(deps, key);
          wasHandled = true;
          return answer;
        };
        const value = await callApi(world, `${callName} ${id}`, handleOnce, pod.life);
        this.answeredAt = Math.max(this.answeredAt, sentAt);
        return value;
      } catch (error) {
        const isRefused = isAppError(error, 'conflict', 'attempt_ended');
        if (isRefused) this.isStopped = true;
        if (callName === 'result' && isRefused && wasHandled)
          world.judge.recordRefusedRepeat(world, this.key);
        const isRetryable = isAppError(error, 'transient') || isAppError(error, 'paused');
        if (!isRetryable || tries > 40) throw error;
        await this.waitWhileAlive(world.random.between(500, 4_000));
      }
    }
  }

  async startAttempt(): Promise<void> {
    this.#assignment = await this.callUntilAnswered('start', startAttempt);
    const { kind, repository } = this.#assignment;
    const { world, pod } = this;
    world.judge.recordStart(world, this.key, kind, pod.name);
    if (kind !== 'verify') judgeStart(world.judge, world, pod.attemptId, repository.start);
    this.answeredAt = this.world.loop.now;
    void this.#sendHeartbeats();
  }

  async #sendHeartbeats(): Promise<void> {
    let messagesSeen = 0;
    while (!this.isStopped || this.pod.life.zombie) {
      await this.waitWhileAlive(this.world.settings.heartbeatMs);
      if (this.hasFinished) return;
      try {
        const heartbeat = await this.callUntilAnswered('heartbeat', (deps, key) =>
          recordHeartbeat(deps, key, {
            phase: 'agent',
            activity: '',
            usage: NO_USAGE,
            progressAt: this.world.loop.now,
            messagesSeen,
          }),
        );
        for (const message of heartbeat.messages) {
          messagesSeen = Math.max(messagesSeen, message.n);
          if (message.answers !== undefined) this.answer = message.text;
        }
      } catch {
        if (!this.pod.life.zombie) return;
      }
    }
  }

  pushCommit(commit: string): void {
    this.requireAlive();
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
    this.world.judge.commitments.recordKeptCommit(this.key, commit);
  }

  /** Reports a result. `sent`: a variant of the result the engine must treat alike. */
  async reportResult(result: AttemptResult, sent = result): Promise<void> {
    this.world.judge.recordReport(this.key, this.assignment.kind, result);
    await this.callUntilAnswered('result', (deps, key) => acceptResult(deps, key, sent));
    this.world.judge.recordAcceptedResult(this.world, this.key, this.assignment.kind, result);
    this.world.recordHistory(`${this.pod.attemptId} reported ${result.outcome}`);
  }

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
    const giveUpAt = this.world.faults.drawFault('agent_impatient')
      ? loop.now + random.between(1_000, 30_000)
      : Number.POSITIVE_INFINITY;
    while (this.answer === undefined && loop.now < giveUpAt) {
      await this.waitWhileAlive(2_000);
      this.requireAlive();
    }
    // An agent may ask again without an answer to its first question.
    if (this.answer === undefined && random.chance(0.3)) await this.askQuestion();
  }
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
      bridge.hasFinished = true;
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

/** Draws a fault of a live pod. */
function applyPodFaults(bridge: Bridge): void {
  const { world, pod } = bridge;
  if (!pod.life.alive || pod.state === 'gone') return;
  if (hasFaultyOutcome(bridge, 'pod_lost')) world.pods.endPod(pod);
  else if (hasFaultyOutcome(bridge, 'pod_silent')) pod.life.alive = false;
  else if (hasFaultyOutcome(bridge, 'pod_cut_off'))
    pod.life.cutOffUntil = world.loop.now + world.random.between(20_000, 400_000);
  else if (hasFaultyOutcome(bridge, 'pod_zombie')) becomeZombie(world, pod);
}

/** Cuts a pod off for long enough that another attempt takes over; then the pod continues as before. */
function becomeZombie(world: World, pod: SimPod): void {
  pod.life.cutOffUntil = world.loop.now + world.random.between(60_000, 400_000);
  world.pods.hidePod(pod);
}
