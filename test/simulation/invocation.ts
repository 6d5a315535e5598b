import { AppError } from '../../core/error.ts';
import {
  createHandlerRecord,
  type HandlerRecord,
  noteFault,
  noteStrike,
} from './coverage/handler-record.ts';
import type { FaultKind } from './faults.ts';
import { strikeRate } from './focus.ts';
import type { World } from './world.ts';

// One run of a handler. What it does to the world are effects, one after another; between any two of them it may crash, be
// told of a failure that was none, or stand still for minutes while the others go on.

export type Invocation = {
  readonly id: number;
  readonly what: string;
  alive: boolean;
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
const LATENCY: Record<PortName, number> = { table: 6, queue: 8, launcher: 40, forge: 60 };

/** One effect: through which port, what it is called, whose item it reads or writes, and the transition that it is about to write. */
export type Deed = { port: PortName; what: string; task?: string; writes?: string };

/** The effect itself, at one moment; told what strikes right after it. */
export type Act<T> = (fault?: FaultKind) => T | Promise<T>;

export function createInvocation(id: number, what: string): Invocation {
  return {
    id,
    what,
    alive: true,
    frozenUntil: 0,
    faults: new Set(),
    record: createHandlerRecord(),
    readAt: new Map(),
    onCrash: () => {},
  };
}

/** The promise is the answer to `act`. */
export function effect<T>(
  world: World,
  invocation: Invocation,
  deed: Deed,
  act: Act<T>,
): Promise<T> {
  const { loop } = world;
  const latency = (): number => LATENCY[deed.port] * (0.3 + 1.4 * world.random.next());
  return new Promise((resolve, reject) => {
    const step = (): void => {
      if (!invocation.alive) return;
      const fault = invocation.frozenUntil > loop.now ? 'freeze' : draw(world, invocation, deed);
      if (fault !== 'freeze') {
        takeEffect(world, invocation, deed.port, fault, { act, resolve, reject });
        return;
      }
      if (invocation.frozenUntil <= loop.now)
        invocation.frozenUntil = loop.now + standstill(world, invocation);
      loop.after(invocation.frozenUntil - loop.now + latency(), step);
    };
    loop.after(latency(), step);
  });
}

/** A lane worker right before the call that merges may stand still for longer than the lane waits for it. */
function standstill({ random }: World, { faults }: Invocation): number {
  return faults.has('lane_paused')
    ? random.between(60_000, 900_000)
    : random.between(20_000, 240_000);
}

type Pending<T> = {
  act: Act<T>;
  resolve: (answer: T | Promise<T>) => void;
  reject: (error: unknown) => void;
};

function takeEffect<T>(
  world: World,
  invocation: Invocation,
  port: PortName,
  fault: FaultKind | undefined,
  { act, resolve, reject }: Pending<T>,
): void {
  if (fault === 'crash_before') {
    crash(invocation);
  } else if (fault === 'error_before' || fault === 'forge_paused' || fault === 'forge_odd') {
    reject(errorOf(world, port, fault));
  } else {
    const answer = callNow(act, fault);
    if (fault === undefined) resolve(answer);
    else {
      answer.catch(() => {});
      if (fault === 'crash_after') crash(invocation);
      else reject(errorOf(world, port, fault));
    }
  }
}

/** An effect that throws rejects. */
async function callNow<T>(act: Act<T>, fault: FaultKind | undefined): Promise<T> {
  return act(fault);
}

const ORDER = ['freeze', 'crash_before', 'crash_after', 'error_before', 'error_after'] as const;

function draw(world: World, invocation: Invocation, deed: Deed): FaultKind | undefined {
  const { faults } = world;
  if (!faults.active) return undefined;
  const fault = ofForge(world, invocation, deed) ?? ofHandler(world, deed);
  if (fault === undefined) return undefined;
  strike(world, invocation, deed, fault);
  world.tell(`${fault} at ${deed.port}.${deed.what} in ${invocation.what}#${invocation.id}`);
  return fault;
}

function ofForge(world: World, invocation: Invocation, deed: Deed): FaultKind | undefined {
  const { faults } = world;
  if (deed.port !== 'forge') return undefined;
  if (faults.happens('forge_paused')) return 'forge_paused';
  if (faults.happens('forge_odd')) return 'forge_odd';
  if (deed.what !== 'mergePull' || !faults.happens('lane_paused')) return undefined;
  strike(world, invocation, deed, 'lane_paused');
  return 'freeze';
}

/** What happens to the handler as such, and not to one of its effects. */
export function meetFault(world: World, invocation: Invocation, fault: FaultKind): void {
  invocation.faults.add(fault);
  noteFault(world.coverage, invocation.record, fault);
}

function strike(world: World, invocation: Invocation, deed: Deed, fault: FaultKind): void {
  invocation.faults.add(fault);
  noteStrike(world.coverage, invocation.record, deed, fault);
}

/** What is rare, and what a seed is about, is struck far more often than the rest. */
function ofHandler({ faults, random }: World, deed: Deed): FaultKind | undefined {
  const rate = faults.kinds.size === 0 ? 0 : strikeRate(faults.foci, deed);
  if (rate === 0 || !random.chance(rate)) return ORDER.find((kind) => faults.happens(kind));
  return faults.strike(random.pick(ORDER));
}

function crash(invocation: Invocation): void {
  invocation.alive = false;
  invocation.onCrash();
}

function errorOf(world: World, port: PortName, fault: FaultKind): AppError {
  if (fault === 'forge_paused') {
    const until = world.loop.now + world.random.pick([5_000, 30_000, 60_000, 400_000, 1_500_000]);
    world.pausedUntil = Math.max(world.pausedUntil, until);
    return new AppError('paused', 'forge_quota', 'rate limit', { details: { until } });
  }
  if (fault === 'forge_odd') return new AppError('notFound', 'forge_not_found', 'Not Found');
  return new AppError('transient', `${port}_failed`, `the ${port} did not answer`);
}
