import { isAppError } from '../../../core/base/app-error.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import { callApi } from '../platform.ts';
import type { World } from '../world.ts';

// How a person uses the API: asks again until there is an answer, or takes a refusal for one; and some send all twice.

export const PERSON_EMAIL = 'ada@example.com';
const PERSON_CALLER = { alive: true, cutOffUntil: 0 };
const RETRYABLE_KINDS = ['transient', 'paused'] as const;

/** Until it is answered. */
export async function retryUntilAnswered<T>(
  world: World,
  what: string,
  act: (deps: EngineDeps) => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await callApi(world, what, act, PERSON_CALLER);
    } catch (error) {
      const isOdd = isAppError(error, 'notFound', 'forge_not_found');
      if (!isOdd && !RETRYABLE_KINDS.some((kind) => isAppError(error, kind))) throw error;
      await world.loop.sleep(2_000);
    }
  }
}

/** Some send the same again, at once or some seconds later, beside the first. */
export function sendMaybeTwice<T>(world: World, once: () => Promise<T>): Promise<T[]> {
  const { faults, random, loop } = world;
  const sent = [once()];
  if (faults.drawFault('person_repeats')) {
    const ms = random.chance(0.5) ? 0 : random.between(1_000, 15_000);
    sent.push(loop.sleep(ms).then(once));
  }
  return Promise.all(sent);
}

/** True: it was answered that it is done, be it the first or the same again. */
export async function issueCommand<T>(
  world: World,
  what: string,
  act: (deps: EngineDeps) => Promise<T>,
): Promise<boolean> {
  return (await sendMaybeTwice(world, () => issueCommandOnce(world, what, act))).includes(true);
}

/** A refusal is an answer too. True: it was answered that it is done. */
export async function issueCommandOnce<T>(
  world: World,
  what: string,
  act: (deps: EngineDeps) => Promise<T>,
): Promise<boolean> {
  try {
    world.recordHistory(`a person orders ${what}`);
    world.judge.commitments.recordOrder(world);
    await callApi(world, what, act, PERSON_CALLER);
    return true;
  } catch (error) {
    world.recordHistory(
      `${what} was answered ${error instanceof Error ? error.message : String(error)}`,
    );
    if (!isAppError(error) || error.kind === 'bug') throw error;
    return false;
  }
}
