import { isAppError } from '../../../core/base/app-error.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import { callApi } from '../platform.ts';
import type { World } from '../world.ts';

// A person's requests to the API. Reads are repeated until a response arrives; a command may be refused; under a fault a request is
// sent twice.

export const PERSON_EMAIL = 'ada@example.com';
const PERSON_CALLER = { isAlive: true, cutOffUntil: 0 };
const RETRYABLE_KINDS = ['transient', 'paused'] as const;

/** Repeats a request until it succeeds or is refused for good. */
export async function retryUntilAnswered<T>(
  world: World,
  callName: string,
  handle: (deps: EngineDeps) => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await callApi(world, callName, handle, PERSON_CALLER);
    } catch (error) {
      const isForgeNotFound = isAppError(error, 'notFound', 'forge_not_found');
      if (!isForgeNotFound && !RETRYABLE_KINDS.some((kind) => isAppError(error, kind))) throw error;
      await world.loop.sleep(2_000);
    }
  }
}

/** Sends a request, and under a fault the same request again: at once or up to 15 seconds later. */
export function sendMaybeTwice<T>(world: World, send: () => Promise<T>): Promise<T[]> {
  const { faults, random, loop } = world;
  const requests = [send()];
  if (faults.drawFault('person_sends_twice')) {
    const delayMs = random.chance(0.5) ? 0 : random.between(1_000, 15_000);
    requests.push(loop.sleep(delayMs).then(send));
  }
  return Promise.all(requests);
}

/** Issues a command, under a fault twice. Returns true if any response was a success. */
export async function issueCommand<T>(
  world: World,
  callName: string,
  handle: (deps: EngineDeps) => Promise<T>,
): Promise<boolean> {
  const successes = await sendMaybeTwice(world, () => issueCommandOnce(world, callName, handle));
  return successes.includes(true);
}

/** Issues a command once. Returns true for a success and false for a refusal or a lost response. */
export async function issueCommandOnce<T>(
  world: World,
  callName: string,
  handle: (deps: EngineDeps) => Promise<T>,
): Promise<boolean> {
  try {
    world.recordHistory(`a person issues the command "${callName}"`);
    world.judge.commitments.recordCommand(world);
    await callApi(world, callName, handle, PERSON_CALLER);
    return true;
  } catch (error) {
    world.recordHistory(
      `the command "${callName}" failed: ${error instanceof Error ? error.message : String(error)}`,
    );
    if (!isAppError(error) || error.kind === 'bug') throw error;
    return false;
  }
}
