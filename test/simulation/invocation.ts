import { AppError } from '../../core/base/app-error.ts';
import type { HandlerRecord } from './coverage/handler-record.ts';
import { createHandlerRecord, recordFault, recordStrike } from './coverage/handler-record.ts';
import type { FaultKind } from './faults.ts';
import { getStrikeRate } from './focus.ts';
import type { World } from './world.ts';

// One run of a handler. What it does to the world are effects, one after another; between any two of them it may crash, be
// told of a failure that was none, or stand still for minutes while the others go on.

export type Invocation = {
  readonly id: number;
  readonly handlerName: string;
  isAlive: boolean;
  frozenUntil: number;
  /** What went wrong in it. */
  readonly faults: Set<FaultKind>;
  readonly record: HandlerRecord;
  /** When it last read where a branch points, by repository and branch. */
  readonly readAt: Map<string, number>;
  onCrash: () => void;
};

export type PortName = 'table' | 'queue' | 'launcher' | 'forge';

/** Milliseconds from one effect to the next. */
const EFFECT_LATENCY_MS: Record<PortName, number> = { table: 6, queue: 8, launcher: 40, forge: 60 };

/** One effect: through which port, what it is called, whose item it reads or writes, and the transition that it is about to write. */
export type PortEffect = {
  readonly port: PortName;
  readonly what: string;
  readonly task?: string;
  readonly writes?: string;
};

/** The effect itself, at one moment; told what strikes right after it. */
export type EffectAction<T> = (fault?: FaultKind) => T | Promise<T>;

export function createInvocation(id: number, what: string): Invocation {
  return {
    id,
    handlerName: what,
    isAlive: true,
    frozenUntil: 0,
    faults: new Set(),
    record: createHandlerRecord(),
    readAt: new Map(),
    onCrash: () => {},
  };
}

/** The promise is the answer to `act`. */
export function performEffect<T>(
  world: World,
  invocation: Invocation,
  deed: PortEffect,
  act: EffectAction<T>,
): Promise<T> {
  const { loop } = world;
  const latency = (): number => EFFECT_LATENCY_MS[deed.port] * (0.3 + 1.4 * world.random.next());
  return new Promise((resolve, reject) => {
    const step = (): void => {
      if (!invocation.isAlive) return;
      const fault =
        invocation.frozenUntil > loop.now ? 'freeze' : drawEffectFault(world, invocation, deed);
      if (fault !== 'freeze') {
        settleEffect(world, invocation, deed.port, fault, { act, resolve, reject });
        return;
      }
      if (invocation.frozenUntil <= loop.now)
        invocation.frozenUntil = loop.now + drawStandstill(world, invocation);
      loop.schedule(invocation.frozenUntil - loop.now + latency(), step);
    };
    loop.schedule(latency(), step);
  });
}

/** A lane worker right before the call that merges may stand still for longer than the lane waits for it. */
function drawStandstill({ random }: World, { faults }: Invocation): number {
  return faults.has('lane_paused')
    ? random.between(60_000, 900_000)
    : random.between(20_000, 240_000);
}

type PendingEffect<T> = {
  readonly act: EffectAction<T>;
  readonly resolve: (answer: T | Promise<T>) => void;
  readonly reject: (error: unknown) => void;
};

function settleEffect<T>(
  world: World,
  invocation: Invocation,
  port: PortName,
  fault: FaultKind | undefined,
  { act, resolve, reject }: PendingEffect<T>,
): void {
  if (fault === 'crash_before') {
    crashInvocation(invocation);
  } else if (fault === 'error_before' || fault === 'forge_paused' || fault === 'forge_odd') {
    reject(createFaultError(world, port, fault));
  } else {
    const answer = callEffect(act, fault);
    if (fault === undefined) resolve(answer);
    else {
      answer.catch(() => {});
      if (fault === 'crash_after') crashInvocation(invocation);
      else reject(createFaultError(world, port, fault));
    }
  }
}

/** An effect that throws rejects. */
async function callEffect<T>(act: EffectAction<T>, fault: FaultKind | undefined): Promise<T> {
  return act(fault);
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
  deed: PortEffect,
): FaultKind | undefined {
  const { faults } = world;
  if (!faults.isActive) return undefined;
  const fault = drawForgeFault(world, invocation, deed) ?? drawHandlerFault(world, deed);
  if (fault === undefined) return undefined;
  strikeEffect(world, invocation, deed, fault);
  world.recordHistory(
    `${fault} at ${deed.port}.${deed.what} in ${invocation.handlerName}#${invocation.id}`,
  );
  return fault;
}

function drawForgeFault(
  world: World,
  invocation: Invocation,
  deed: PortEffect,
): FaultKind | undefined {
  const { faults } = world;
  if (deed.port !== 'forge') return undefined;
  if (faults.drawFault('forge_paused')) return 'forge_paused';
  if (faults.drawFault('forge_odd')) return 'forge_odd';
  if (deed.what !== 'mergePull' || !faults.drawFault('lane_paused')) return undefined;
  strikeEffect(world, invocation, deed, 'lane_paused');
  return 'freeze';
}

/** What happens to the handler as such, and not to one of its effects. */
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
  deed: PortEffect,
  fault: FaultKind,
): void {
  invocation.faults.add(fault);
  recordStrike(world.coverage, invocation.record, deed, fault);
}

/** What is rare, and what a seed is about, is struck far more often than the rest. */
function drawHandlerFault({ faults, random }: World, deed: PortEffect): FaultKind | undefined {
  const rate = faults.kinds.size === 0 ? 0 : getStrikeRate(faults.foci, deed);
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
