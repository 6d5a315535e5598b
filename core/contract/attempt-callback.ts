/**
 * Paths of the attempt callbacks by name, with `{attempt}` for the id. This file imports no schemas, so that a bridge can send
 * its first callback before the schemas are loaded. ATTEMPT_API adds the schemas.
 */
export const ATTEMPT_CALLBACK_PATHS = {
  start: '/v1/attempts/{attempt}/start',
  credentials: '/v1/attempts/{attempt}/credentials',
  heartbeat: '/v1/attempts/{attempt}/heartbeat',
  transcript: '/v1/attempts/{attempt}/transcript',
  checkpoint: '/v1/attempts/{attempt}/checkpoint',
  question: '/v1/attempts/{attempt}/question',
  result: '/v1/attempts/{attempt}/result',
} as const;

/** Name of an attempt callback. */
export type AttemptCallback = keyof typeof ATTEMPT_CALLBACK_PATHS;

/** Returns the path of a callback for one attempt, without the base URL. */
export function buildCallbackPath(callback: AttemptCallback, attemptId: string): string {
  return ATTEMPT_CALLBACK_PATHS[callback].replace('{attempt}', encodeURIComponent(attemptId));
}
