import { AppError } from '../../core/error.ts';
import type { FaultKind } from './faults.ts';
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
  /** When it last read where a branch points, by repository and branch. */
  readonly readAt: Map<string, number>;
  onCrash: () => void;
};

export type PortName = 'table' | 'queue' | 'launcher' | 'forge';

/** Milliseconds from one effect to the next. */
const LATENCY: Record<PortName, number> = { table: 6, queue: 8, launcher: 40, forge: 60 };

/** `act` is the effect itself, at one moment; the promise is the answer to it. */
export function effect<T>(
  world: World,
  invocation: Invocation,
  port: PortName,
  what: string,
  act: () => T | Promise<T>,
): Promise<T> {
  const { loop } = world;
  const latency = (): number => LATENCY[port] * (0.3 + 1.4 * world.random.next());
  return new Promise((resolve, reject) => {
    const step = (): void => {
      if (!invocation.alive) return;
      const fault =
        invocation.frozenUntil > loop.now ? 'freeze' : draw(world, invocation, port, what);
      if (fault !== 'freeze') {
        takeEffect(world, invocation, port, fault, { act, resolve, reject });
        return;
      }
      if (invocation.frozenUntil <= loop.now)
        invocation.frozenUntil = loop.now + world.random.between(20_000, 240_000);
      loop.after(invocation.frozenUntil - loop.now + latency(), step);
    };
    loop.after(latency(), step);
  });
}

type Pending<T> = {
  act: () => T | Promise<T>;
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
  } else if (fault === 'error_before' || fault === 'forge_paused') {
    reject(errorOf(world, port, fault));
  } else {
    const answer = attempt(act);
    if (fault === undefined) resolve(answer);
    else {
      answer.catch(() => {});
      if (fault === 'crash_after') crash(invocation);
      else reject(errorOf(world, port, fault));
    }
  }
}

async function attempt<T>(act: () => T | Promise<T>): Promise<T> {
  return act();
}

const ORDER = ['freeze', 'crash_before', 'crash_after', 'error_before', 'error_after'] as const;

function draw(
  world: World,
  invocation: Invocation,
  port: PortName,
  what: string,
): FaultKind | undefined {
  const { faults } = world;
  if (!faults.active) return undefined;
  const paused = port === 'forge' && faults.happens('forge_paused') ? 'forge_paused' : undefined;
  const fault = paused ?? ORDER.find((kind) => faults.happens(kind));
  if (fault !== undefined) {
    invocation.faults.add(fault);
    world.tell(`${fault} at ${port}.${what} in ${invocation.what}#${invocation.id}`);
  }
  return fault;
}

function crash(invocation: Invocation): void {
  invocation.alive = false;
  invocation.onCrash();
}

function errorOf(world: World, port: PortName, fault: FaultKind): AppError {
  if (fault === 'forge_paused') {
    const until = world.loop.now + world.random.pick([5_000, 30_000, 60_000, 400_000, 1_500_000]);
    return new AppError('paused', 'forge_quota', 'rate limit', { details: { until } });
  }
  return new AppError('transient', `${port}_failed`, `the ${port} did not answer`);
}
