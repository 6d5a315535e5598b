import type { AppError } from '../error.ts';
import { forgeFor, MODEL, pauseEnd, recordPause } from '../store/pause-store.ts';
import { loadPlan } from '../store/plan-store.ts';
import type { EngineDeps } from './deps.ts';

/** Whose work met the refusal. */
export type Refused = { plan: string; repo?: string };

/** Until when an outside system refuses; what concerns all who use it is kept for them to see. */
export async function notePause(
  deps: EngineDeps,
  error: AppError,
  refused: Refused,
): Promise<number> {
  const now = deps.clock.now();
  const until = pauseEnd(error.details.until ?? now + 30_000, now);
  const what = await systemOf(deps, error.code, refused);
  if (what !== undefined) await recordPause(deps.table, { what, until, reason: error.message });
  return until;
}

/** Our own store may be busy too; that is nobody's notice. */
async function systemOf(
  deps: EngineDeps,
  code: string,
  refused: Refused,
): Promise<string | undefined> {
  if (code.startsWith('forge_')) return forgeOfRefused(deps, refused);
  return code.startsWith('model_') || code === 'quota_exhausted' ? MODEL : undefined;
}

/** Undefined: it may have been any of several, and each finds out by itself. */
export async function forgeOfRefused(
  deps: EngineDeps,
  { plan: id, repo }: Refused,
): Promise<string | undefined> {
  const plan = await loadPlan(deps.table, id);
  const repositories = plan?.state.repositories ?? [];
  const asked = repositories.filter((one) => repo === undefined || one.name === repo);
  const [what, ...others] = new Set(asked.map((one) => forgeFor(one.forge, one.name)));
  return others.length === 0 ? what : undefined;
}
