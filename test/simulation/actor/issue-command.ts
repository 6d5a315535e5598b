import { isAppError } from '../../../core/base/app-error.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import { callApi } from '../platform.ts';
import type { World } from '../world.ts';

// A person's calls of the API: reads are repeated until an answer arrives, commands accept a refusal, and faults send twice.

export const PERSON_EMAIL = 'ada@example.com';
const PERSON_CALLER = { alive: true, cutOffUntil: 0 };
const RETRYABLE_KINDS = ['transient', 'paused'] as const;

/** Repeats a call until an answer arrives. */
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

/** Sends a request, and under a fault the same request again: at once or some seconds later, in parallel. */
export function sendMaybeTwice<T>(world: World, send: () => Promise<T>): Promise<T[]> {
  const { faults, random, loop } = world;
  const sent = [send()];
  if (faults.drawFault('person_repeats')) {
    const ms = random.chance(0.5) ? 0 : random.between(1_000, 15_000);
    sent.push(loop.sleep(ms).then(send));
  }
  return Promise.all(sent);
}

/** Issues a command, perhaps twice. Returns true when any answer was a success. */
export async function issueCommand<T>(
  world: World,
  callName: string,
  handle: (deps: EngineDeps) => Promise<T>,
): Promise<boolean> {
  return (await sendMaybeTwice(world, () => issueCommandOnce(world, callName, handle))).includes(
    true,
  );
}

/** Issues a command once. Returns true for a success and false for a refusal or a missing answer. */
export async function issueCommandOnce<T>(
  world: World,
  callName: string,
  handle: (deps: EngineDeps) => Promise<T>,
): Promise<boolean> {
  try {
    world.recordHistory(`a person commands ${callName}`);
    world.judge.commitments.recordCommand(world);
    await callApi(world, callName, handle, PERSON_CALLER);
    return true;
  } catch (error) {
    world.recordHistory(
      `${callName} was answered ${error instanceof Error ? error.message : String(error)}`,
    );
    if (!isAppError(error) || error.kind === 'bug') throw error;
    return false;
  }
}
