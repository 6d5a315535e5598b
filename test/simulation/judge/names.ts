import type { AttemptKey, TaskKey } from '../../../core/contract/id.ts';

// Names and time limits that the judge expects. Each is defined again here, because a check with the engine's own code would not find a
// fault in this code.

/** Parsed name of a branch of the platform. */
export type OwnedBranch = { readonly plan: string; readonly run: number } & (
  | { readonly kind: 'root' }
  | { readonly kind: 'task'; readonly task: string }
  | { readonly kind: 'attempt' }
  | { readonly kind: 'scratch' }
);

/** Parses the name of a branch; returns undefined for a branch outside the platform's prefix. */
export function parseBranch(name: string): OwnedBranch | undefined {
  const match = /^smol-gang\/(p[0-9a-z]{10})-r(\d+)\/(root|([tas])\/(.+))$/.exec(name);
  if (match === null) return undefined;
  const [, plan = '', run = '', suffix = '', kindLetter, tail = ''] = match;
  const key = { plan, run: Number(run) };
  if (suffix === 'root') return { ...key, kind: 'root' };
  if (kindLetter === 't') return { ...key, kind: 'task', task: tail.replace(/\.\d+$/, '') };
  return { ...key, kind: kindLetter === 'a' ? 'attempt' : 'scratch' };
}

export function formatRootBranch(plan: string, run: number): string {
  return `smol-gang/${plan}-r${run}/root`;
}

/** Milliseconds after which the calls of a handler that was not frozen have taken effect. */
export const MAX_CALL_DELAY_MS = 300_000;
/** Milliseconds after which another handler has taken over from a frozen handler and has prevented its late calls. */
export const TAKEOVER_MS = 240_000;

const END_TASK_PATTERN = /^end(-\d+)?$/;

/** Returns true for an end node, which verifies all changes of a repository together. */
export function isEndTask(task: string): boolean {
  return END_TASK_PATTERN.test(task);
}

export function formatTaskId({ plan, run, task }: TaskKey): string {
  return `${plan}.r${run}.${task}`;
}

export function formatAttemptName(key: AttemptKey): string {
  return `${formatTaskId(key)}.${key.attemptNumber}`;
}

export function shortenSha(sha: string | undefined): string {
  return sha === undefined ? 'nothing' : sha.slice(0, 6);
}
