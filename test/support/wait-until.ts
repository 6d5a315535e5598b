import { setTimeout } from 'node:timers/promises';

/**
 * Evaluates `condition` every 10 ms until its value is neither undefined, null nor false, and returns the value. Throws an error with
 * `description` after the timeout.
 */
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
      throw new Error(`waited ${timeoutMs} ms in vain until: ${description}`);
    await setTimeout(10);
  }
}
