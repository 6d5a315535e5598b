import { AppError } from '../../core/base/app-error.ts';
import type { HandlerRecord } from './coverage/handler-record.ts';
import { createHandlerRecord, recordFault, recordStrike } from './coverage/handler-record.ts';
import type { FaultKind } from './faults.ts';
import { getStrikeRate } from './focus.ts';
import type { World } from './world.ts';

// An invocation is a run of a handler. The handler changes the world by a sequence of effects. Between two effects it may
// crash, receive an error although the effect took place, or freeze for minutes while other handlers continue.

/** Run of a handler, with its faults. */
export type Invocation = {
  readonly id: number;
  readonly handlerName: string;
  isAlive: boolean;
  /** Epoch milliseconds; 0 before the first freeze. */
  frozenUntil: number;
  /** Kinds of faults in this invocation. */
  readonly faults: Set<FaultKind>;
  readonly record: HandlerRecord;
  /** Epoch milliseconds of the last read of a branch or of reviews, by repository and name. */
  readonly readAt: Map<string, number>;
  onCrash: () => void;
};

/** Port of the engine with simulated faults. */
export type PortName = 'table' | 'queue' | 'launcher' | 'forge';

/** Mean milliseconds between two effects. */
const EFFECT_LATENCY_MS: Record<PortName, number> = { table: 6, queue: 8, launcher: 40, forge: 60 };

/** Call of a port: its operation, the task whose item the call touches, and the transition the call would write. */
export type PortEffect = {
  readonly port: PortName;
  readonly operation: string;
  readonly task?: string;
  readonly writes?: string;
};

/** Body of an effect, run at a single moment. `fault` strikes right after the body has run. */
export type EffectBody<T> = (fault?: FaultKind) => T | Promise<T>;

export function createInvocation(id: number, handlerName: string): Invocation {
  return {
    id,
    handlerName,
    isAlive: true,
    frozenUntil: 0,
    faults: new Set(),
    record: createHandlerRecord(),
    readAt: new Map(),
    onCrash: () => {},
  };
}

/** Runs the body of an effect after its latency and answers with its result, unless a fault intervenes. */
export function performEffect<T>(
  world: World,
  invocation: Invocation,
  effect: PortEffect,
  body: EffectBody<T>,
): Promise<T> {
  const { loop } = world;
  const latency = (): number => EFFECT_LATENCY_MS[effect.port] * (0.3 + 1.4 * world.random.next());
  return new Promise((resolve, reject) => {
    const step = (): void => {
      if (!invocation.isAlive) return;
      const fault =
        invocation.frozenUntil > loop.now ? 'freeze' : drawEffectFault(world, invocation, effect);
      if (fault !== 'freeze') {
        settleEffect(world, invocation, effect.port, fault, { body, resolve, reject });
        return;
      }
      if (invocation.frozenUntil <= loop.now)
        invocation.frozenUntil = loop.now + drawFreezeMs(world, invocation);
      loop.schedule(invocation.frozenUntil - loop.now + latency(), step);
    };
    loop.schedule(latency(), step);
  });
}

/** Draws the duration of a freeze: right before a merge call, the freeze may outlast the claim of the merge queue. */
function drawFreezeMs({ random }: World, { faults }: Invocation): number {
  return faults.has('merge_paused')
    ? random.between(60_000, 900_000)
    : random.between(20_000, 240_000);
}

type PendingEffect<T> = {
  readonly body: EffectBody<T>;
  readonly resolve: (answer: T | Promise<T>) => void;
  readonly reject: (error: unknown) => void;
};

function settleEffect<T>(
  world: World,
  invocation: Invocation,
  port: PortName,
  fault: FaultKind | undefined,
  { body, resolve, reject }: PendingEffect<T>,
): void {
  if (fault === 'crash_before') {
    crashInvocation(invocation);
  } else if (fault === 'error_before' || fault === 'forge_paused' || fault === 'forge_odd') {
    reject(createFaultError(world, port, fault));
  } else {
    const answer = callEffect(body, fault);
    if (fault === undefined) resolve(answer);
    else {
      answer.catch(() => {});
      if (fault === 'crash_after') crashInvocation(invocation);
      else reject(createFaultError(world, port, fault));
    }
  }
}

/** Turns a synchronous throw of the body into a rejection. */
async function callEffect<T>(body: EffectBody<T>, fault: FaultKind | undefined): Promise<T> {
  return body(fault);
}

const HANDLER_FAULTS = [
  'freeze',
  'crash_before',
  'crash_after',
  'error_before',
  'error_after',
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
  strikeEffect(world, invocation, effect, fault);
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
  if (faults.drawFault('forge_paused')) return 'forge_paused';
  if (faults.drawFault('forge_odd')) return 'forge_odd';
  if (effect.operation !== 'mergePull' || !faults.drawFault('merge_paused')) return undefined;
  strikeEffect(world, invocation, effect, 'merge_paused');
  return 'freeze';
}

/** Records a fault of the whole handler instead of an effect. */
export function recordInvocationFault(
  world: World,
  invocation: Invocation,
  fault: FaultKind,
): void {
  invocation.faults.add(fault);
  recordFault(world.coverage, invocation.record, fault);
}

function strikeEffect(
  world: World,
  invocation: Invocation,
  effect: PortEffect,
  fault: FaultKind,
): void {
  invocation.faults.add(fault);
  recordStrike(world.coverage, invocation.record, effect, fault);
}

/** Draws a handler fault; rare transitions and the foci of the seed are hit far more often than other effects. */
function drawHandlerFault({ faults, random }: World, effect: PortEffect): FaultKind | undefined {
  const rate = faults.kinds.size === 0 ? 0 : getStrikeRate(faults.foci, effect);
  if (rate === 0 || !random.chance(rate))
    return HANDLER_FAULTS.find((kind) => faults.drawFault(kind));
  return faults.countFault(random.pick(HANDLER_FAULTS));
}

function crashInvocation(invocation: Invocation): void {
  invocation.isAlive = false;
  invocation.onCrash();
}

function createFaultError(world: World, port: PortName, fault: FaultKind): AppError {
  if (fault === 'forge_paused') {
    const until = world.loop.now + world.random.pick([5_000, 30_000, 60_000, 400_000, 1_500_000]);
    world.forgePausedUntil = Math.max(world.forgePausedUntil, until);
    return new AppError('paused', 'forge_quota', 'rate limit', { details: { until } });
  }
  if (fault === 'forge_odd') return new AppError('notFound', 'forge_not_found', 'Not Found');
  return new AppError('transient', `${port}_failed`, `the ${port} did not answer`);
}
