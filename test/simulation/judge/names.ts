import type { AttemptKey, TaskKey } from '../../../core/contract/id.ts';

// Names and time limits according to the design, defined here without the engine's code.

/** Parsed name of a branch the platform owns. */
export type Branch = { readonly plan: string; readonly run: number } & (
  | { readonly kind: 'root' }
  | { readonly kind: 'task'; readonly task: string }
  | { readonly kind: 'attempt' }
  | { readonly kind: 'scratch' }
);

/** Parses the name of a branch; returns undefined for a branch the platform does not own. */
export function parseBranch(name: string): Branch | undefined {
  const match = /^smol-gang\/(p[0-9a-z]{10})-r(\d+)\/(root|([tas])\/(.+))$/.exec(name);
  if (match === null) return undefined;
  const [, plan = '', run = '', rest = '', kind, tail = ''] = match;
  const key = { plan, run: Number(run) };
  if (rest === 'root') return { ...key, kind: 'root' };
  if (kind === 't') return { ...key, kind: 'task', task: tail.replace(/\.\d+$/, '') };
  return { ...key, kind: kind === 'a' ? 'attempt' : 'scratch' };
}

export function formatRootBranch(plan: string, run: number): string {
  return `smol-gang/${plan}-r${run}/root`;
}

/** Milliseconds after which no call is still on its way. */
export const LATE_MS = 300_000;
/** Milliseconds after which another handler has taken over from a frozen one and prevents its late calls. */
export const TAKEN_OVER_MS = 240_000;

const END_TASK_PATTERN = /^end(-\d+)?$/;

/** True for end nodes, which verify all changes of a repository together. */
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
