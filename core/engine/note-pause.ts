import { type AppError, isAppError } from '../error.ts';
import { forgeFor, MODEL, pauseEnd, recordPause } from '../store/pause-store.ts';
import { loadPlan } from '../store/plan-store.ts';
import type { EngineDeps } from './deps.ts';

/** Whose work met the refusal. */
export type Refused = { plan: string; repo?: string };

/** For how long a credential that is refused is left alone: somebody has to renew it. */
const CREDENTIAL_MS = 60_000;

/** Whether it may go on by itself once the forge is back, or our credential for it is renewed: it costs the task nothing. */
export function isHeldUp(error: unknown): error is AppError {
  return isAppError(error, 'paused') || isAppError(error, 'auth', 'forge_credential');
}

/** Until when an outside system refuses; what concerns all who use it is kept for them to see. */
export async function notePause(
  deps: EngineDeps,
  error: AppError,
  refused: Refused,
): Promise<number> {
  const now = deps.clock.now();
  const usual = now + (error.kind === 'auth' ? CREDENTIAL_MS : 30_000);
  const until = pauseEnd(error.details.until ?? usual, now);
  const what = await systemOf(deps, error, refused);
  if (what !== undefined) await recordPause(deps.table, { what, until, reason: error.message });
  return until;
}

/** Our own store may be busy too; that is nobody's notice. */
async function systemOf(
  deps: EngineDeps,
  { kind, code }: AppError,
  refused: Refused,
): Promise<string | undefined> {
  if (code.startsWith('forge_')) return forgeOfRefused(deps, refused);
  // A key may be good for one model and not for the other.
  if (kind === 'auth') return undefined;
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
