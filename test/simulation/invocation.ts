import { AppError } from '../../core/base/app-error.ts';
import type { HandlerRecord } from './coverage/handler-record.ts';
import {
  createHandlerRecord,
  recordEffectFault,
  recordInvocationFault,
} from './coverage/handler-record.ts';
import type { FaultKind } from './faults.ts';
import { getHandlerFaultRate } from './focus.ts';
import type { World } from './world.ts';

// An invocation is a run of a handler, which changes the world by a sequence of effects (calls of its ports). At an effect, the
// handler may crash, receive an error although the effect took place, or freeze for minutes while other handlers continue.

/** Run of a handler, with the faults that have hit it. */
export type Invocation = {
  readonly id: number;
  readonly handlerName: string;
  isAlive: boolean;
  /** End of the last freeze in epoch milliseconds; 0 before the first freeze. */
  frozenUntil: number;
  /** Kinds of faults that have hit this invocation. */
  readonly faults: Set<FaultKind>;
  readonly record: HandlerRecord;
  /** By `<repository> <branch>`, or by repository and key of reviews: epoch milliseconds of the last read. */
  readonly readTimes: Map<string, number>;
  onCrash: () => void;
};

/** Port of the engine whose calls faults can hit. */
export type PortName = 'table' | 'queue' | 'launcher' | 'forge';

/** Mean latency of a call in milliseconds. */
const EFFECT_LATENCY_MS: Record<PortName, number> = { table: 6, queue: 8, launcher: 40, forge: 60 };

/**
 * Call of a port. `task`: partition key of the task whose item the call reads or writes; `transition`: the task transition that a
 * successful call writes.
 */
export type PortEffect = {
  readonly port: PortName;
  readonly operation: string;
  readonly task?: string;
  readonly transition?: string;
};

/** Body of an effect, which happens at a single moment. `fault`: fault that hits the handler right after the body has run. */
export type EffectBody<T> = (fault?: FaultKind) => T | Promise<T>;

export function createInvocation(id: number, handlerName: string): Invocation {
  return {
    id,
    handlerName,
    isAlive: true,
    frozenUntil: 0,
    faults: new Set(),
    record: createHandlerRecord(),
    readTimes: new Map(),
    onCrash: () => {},
  };
}

/** Runs the body of an effect after the latency of its port and returns the result, unless a fault intervenes. */
export function performEffect<T>(
  world: World,
  invocation: Invocation,
  effect: PortEffect,
  body: EffectBody<T>,
): Promise<T> {
  const { loop } = world;
  const drawLatencyMs = (): number =>
    EFFECT_LATENCY_MS[effect.port] * (0.3 + 1.4 * world.random.next());
  return new Promise((resolve, reject) => {
    const runOrFreeze = (): void => {
      if (!invocation.isAlive) return;
      const fault =
        invocation.frozenUntil > loop.now
          ? 'handler_freeze'
          : drawEffectFault(world, invocation, effect);
      if (fault !== 'handler_freeze') {
        settleEffect(world, invocation, effect.port, fault, { body, resolve, reject });
        return;
      }
      if (invocation.frozenUntil <= loop.now) {
        invocation.frozenUntil = loop.now + drawFreezeMs(world, invocation);
        world.judge.budgets.recordFreeze(invocation.frozenUntil);
      }
      loop.schedule(invocation.frozenUntil - loop.now + drawLatencyMs(), runOrFreeze);
    };
    loop.schedule(drawLatencyMs(), runOrFreeze);
  });
}

/** Draws the duration of a freeze. A freeze before a merge call may outlast the handler's claim of the merge queue. */
function drawFreezeMs({ random }: World, { faults }: Invocation): number {
  return faults.has('freeze_before_merge')
    ? random.between(60_000, 900_000)
    : random.between(20_000, 240_000);
}

/** Effect that waits for its turn; `resolve` and `reject` settle the call of the handler. */
type PendingEffect<T> = {
  readonly body: EffectBody<T>;
  readonly resolve: (answer: T | Promise<T>) => void;
  readonly reject: (error: unknown) => void;
};

/** Runs the body, unless the fault prevents the effect, and settles the call of the handler. */
function settleEffect<T>(
  world: World,
  invocation: Invocation,
  port: PortName,
  fault: FaultKind | undefined,
  { body, resolve, reject }: PendingEffect<T>,
): void {
  if (fault === 'crash_before_effect') {
    crashInvocation(invocation);
  } else if (
    fault === 'error_before_effect' ||
    fault === 'forge_rate_limit' ||
    fault === 'forge_false_not_found'
  ) {
    reject(createFaultError(world, port, fault));
  } else {
    const answer = callEffect(body, fault);
    if (fault === undefined) resolve(answer);
    else {
      answer.catch(() => {});
      if (fault === 'crash_after_effect') crashInvocation(invocation);
      else reject(createFaultError(world, port, fault));
    }
  }
}

/** Turns a synchronous throw of the body into a rejection. */
async function callEffect<T>(body: EffectBody<T>, fault: FaultKind | undefined): Promise<T> {
  return body(fault);
}

/** Handler faults in the order of their random draws; another order would change the history of every seed. */
const HANDLER_FAULTS_IN_DRAW_ORDER = [
  'handler_freeze',
  'crash_before_effect',
  'crash_after_effect',
  'error_before_effect',
  'error_after_effect',
] as const;

function drawEffectFault(
  world: World,
  invocation: Invocation,
  effect: PortEffect,
): FaultKind | undefined {
  const { faults } = world;
  if (!faults.isActive) return undefined;
  const fault = drawForgeFault(world, invocation, effect) ?? drawHandlerFault(world, effect);
  if (fault === undefined) return undefined;
  addEffectFault(world, invocation, effect, fault);
  world.recordHistory(
    `${fault} at ${effect.port}.${effect.operation} in ${invocation.handlerName}#${invocation.id}`,
  );
  return fault;
}

function drawForgeFault(
  world: World,
  invocation: Invocation,
  effect: PortEffect,
): FaultKind | undefined {
  const { faults } = world;
  if (effect.port !== 'forge') return undefined;
  if (faults.drawFault('forge_rate_limit')) return 'forge_rate_limit';
  if (faults.drawFault('forge_false_not_found')) return 'forge_false_not_found';
  if (effect.operation !== 'mergePull' || !faults.drawFault('freeze_before_merge'))
    return undefined;
  addEffectFault(world, invocation, effect, 'freeze_before_merge');
  return 'handler_freeze';
}

/** Records a fault that concerns the whole invocation, such as a duplicated message, and not a single effect. */
export function addInvocationFault(world: World, invocation: Invocation, fault: FaultKind): void {
  invocation.faults.add(fault);
  recordInvocationFault(world.coverage, invocation.record, fault);
}

function addEffectFault(
  world: World,
  invocation: Invocation,
  effect: PortEffect,
  fault: FaultKind,
): void {
  invocation.faults.add(fault);
  recordEffectFault(world.coverage, invocation.record, effect, fault);
}

/** Draws a handler fault, far more often for writes of rare transitions than for other effects. */
function drawHandlerFault({ faults, random }: World, effect: PortEffect): FaultKind | undefined {
  const rate =
    faults.enabledKinds.size === 0 ? 0 : getHandlerFaultRate(faults.focusTransitions, effect);
  if (rate === 0 || !random.chance(rate))
    return HANDLER_FAULTS_IN_DRAW_ORDER.find((kind) => faults.drawFault(kind));
  return faults.countFault(random.pick(HANDLER_FAULTS_IN_DRAW_ORDER));
}

function crashInvocation(invocation: Invocation): void {
  invocation.isAlive = false;
  invocation.onCrash();
}

function createFaultError(world: World, port: PortName, fault: FaultKind): AppError {
  if (fault === 'forge_rate_limit') {
    const until = world.loop.now + world.random.pick([5_000, 30_000, 60_000, 400_000, 1_500_000]);
    world.forgePausedUntil = Math.max(world.forgePausedUntil, until);
    return new AppError('paused', 'forge_quota', 'rate limit', { details: { until } });
  }
  if (fault === 'forge_false_not_found')
    return new AppError('notFound', 'forge_not_found', 'Not Found');
  return new AppError('transient', `${port}_failed`, `the simulated ${port} did not answer`);
}
