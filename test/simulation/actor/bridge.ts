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

// A bridge as the control plane and the forge see it: what it calls and what it pushes.

export const NO_USAGE = { inputTokens: 0, outputTokens: 0, usd: 0, turns: 0 };

/** It may not act any more. */
export class BridgeEndedError extends Error {}

export class Bridge {
  readonly world: World;
  readonly pod: SimPod;
  readonly key: AttemptKey;
  answeredAt: number;
  /** Told to stop. */
  isStopped = false;
  /** It has come to its end. */
  hasFinished = false;
  answer: string | undefined;
  #assignment: Assignment | undefined;

  constructor(world: World, pod: SimPod) {
    this.world = world;
    this.pod = pod;
    const key = parseAttemptId(pod.attemptId);
    if (key === undefined) throw new Error(`pod of ${pod.attemptId}`);
    this.key = key;
    this.answeredAt = world.loop.now;
  }

  get assignment(): Assignment {
    if (this.#assignment === undefined) throw new Error('not started');
    return this.#assignment;
  }

  /** Goes on only while the process lives. */
  waitWhileAlive(ms: number): Promise<void> {
    return new Promise((resolve) =>
      this.world.loop.schedule(ms, () => this.pod.life.alive && resolve()),
    );
  }

  /** Before anything leaves this machine. */
  requireAlive(): void {
    if (this.pod.life.zombie) return;
    const { leaseMs } = this.world.settings;
    if (this.isStopped) throw new BridgeEndedError('refused');
    if (this.world.loop.now - this.answeredAt >= leaseMs - Math.min(10_000, leaseMs * 0.2))
      throw new BridgeEndedError('lease');
  }

  /** Again and again until it is answered. */
  async callUntilAnswered<T>(
    what: string,
    act: (deps: EngineDeps, key: AttemptKey) => Promise<T>,
  ): Promise<T> {
    const { world, pod } = this;
    const id = world.interference?.attempt?.(pod.attemptId, world) ?? pod.attemptId;
    const key = parseAttemptId(id) ?? this.key;
    let isDone = false;
    for (let tries = 0; ; tries += 1) {
      if (what !== 'start') this.requireAlive();
      const from = world.loop.now;
      try {
        const once = async (deps: EngineDeps): Promise<T> => {
          const done = await act(deps, key);
          isDone = true;
          return done;
        };
        const value = await callApi(world, `${what} ${id}`, once, pod.life);
        this.answeredAt = Math.max(this.answeredAt, from);
        return value;
      } catch (error) {
        const isRefused = isAppError(error, 'conflict', 'attempt_ended');
        if (isRefused) this.isStopped = true;
        if (what === 'result' && isRefused && isDone)
          world.judge.recordRefusedRepeat(world, this.key);
        const passing = isAppError(error, 'transient') || isAppError(error, 'paused');
        if (!passing || tries > 40) throw error;
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
    let seen = 0;
    while (!this.isStopped || this.pod.life.zombie) {
      await this.waitWhileAlive(this.world.settings.heartbeatMs);
      if (this.hasFinished) return;
      try {
        const said = await this.callUntilAnswered('heartbeat', (deps, key) =>
          recordHeartbeat(deps, key, {
            phase: 'agent',
            activity: '',
            usage: NO_USAGE,
            progressAt: this.world.loop.now,
            messagesSeen: seen,
          }),
        );
        for (const message of said.messages) {
          seen = Math.max(seen, message.n);
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

  /** `said`: in other words, which come to the same. */
  async reportResult(result: AttemptResult, said = result): Promise<void> {
    this.world.judge.recordReport(this.key, this.assignment.kind, result);
    await this.callUntilAnswered('result', (deps, key) => acceptResult(deps, key, said));
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
    const patience = this.world.faults.drawFault('agent_impatient')
      ? loop.now + random.between(1_000, 30_000)
      : Number.POSITIVE_INFINITY;
    while (this.answer === undefined && loop.now < patience) {
      await this.waitWhileAlive(2_000);
      this.requireAlive();
    }
    // It may ask something else although nobody has answered.
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
  const lasts = Math.min(600_000, random.logNormal(35_000, 0.9)) / (kind === 'verify' ? 3 : 1);
  const at = lasts * random.next();
  loop.schedule(at, () => applyPodFaults(bridge));
  if (kind === 'verify') await performVerification(bridge, lasts);
  else await performWork(bridge, lasts);
}

/** What befalls a pod while there is one. */
function applyPodFaults(bridge: Bridge): void {
  const { world, pod } = bridge;
  if (!pod.life.alive || pod.state === 'gone') return;
  if (hasFaultyOutcome(bridge, 'pod_lost')) world.pods.endPod(pod);
  else if (hasFaultyOutcome(bridge, 'pod_silent')) pod.life.alive = false;
  else if (hasFaultyOutcome(bridge, 'pod_cut_off'))
    pod.life.cutOffUntil = world.loop.now + world.random.between(20_000, 400_000);
  else if (hasFaultyOutcome(bridge, 'pod_zombie')) becomeZombie(world, pod);
}

/** Its calls reach nobody for long enough that another takes over; then it goes on as if nothing had been. */
function becomeZombie(world: World, pod: SimPod): void {
  pod.life.cutOffUntil = world.loop.now + world.random.between(60_000, 400_000);
  world.pods.hidePod(pod);
}
