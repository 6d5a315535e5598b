import { setTimeout } from 'node:timers/promises';

/** Polls a condition every 10 ms and returns its value once truthy. Throws with `description` after the timeout. */
export async function waitUntil<T>(
  description: string,
  condition: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > deadline)
      throw new Error(`did not happen within ${timeoutMs} ms: ${description}`);
    await setTimeout(10);
  }
}
