/**
 * Paths of the attempt callbacks by name, with `{attempt}` for the id. ATTEMPT_API is built on these paths. The table is free
 * of schemas, so that a bridge sends its first callback before it loads them.
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
