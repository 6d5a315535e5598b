import type { AppError } from '../../base/app-error.ts';
import { isAppError } from '../../base/app-error.ts';
import { loadPlan } from '../../store/plan-store.ts';
import {
  boundPauseEnd,
  formatForgeSystem,
  MODEL_SYSTEM,
  recordPause,
} from '../../store/system-store.ts';
import type { EngineDeps, StoreDeps } from '../engine-deps.ts';

/** Whose work met the refusal. */
export type PausedWork = { readonly plan: string; readonly repo?: string };

/** For how long a credential that is refused is left alone: somebody has to renew it. */
const CREDENTIAL_PAUSE_MS = 60_000;

/** Whether it may go on by itself once the forge is back, or our credential for it is renewed: it costs the task nothing. */
export function isPausing(error: unknown): error is AppError {
  return isAppError(error, 'paused') || isAppError(error, 'auth', 'forge_credential');
}

/** Until when an outside system refuses; what concerns all who use it is kept for them to see. */
export async function recordPauseFor(
  deps: Pick<EngineDeps, 'table' | 'clock'>,
  error: AppError,
  refused: PausedWork,
): Promise<number> {
  const now = deps.clock.now();
  const usual = now + (error.kind === 'auth' ? CREDENTIAL_PAUSE_MS : 30_000);
  const until = boundPauseEnd(error.details.until ?? usual, now);
  const what = await findPausedSystem(deps, error, refused);
  if (what !== undefined) await recordPause(deps.table, { what, until, reason: error.message });
  return until;
}

/** Our own store may be busy too; that is nobody's notice. */
async function findPausedSystem(
  deps: StoreDeps,
  { kind, code }: AppError,
  refused: PausedWork,
): Promise<string | undefined> {
  if (code.startsWith('forge_')) return findPausedForge(deps, refused);
  // A key may be good for one model and not for the other.
  if (kind === 'auth') return undefined;
  return code.startsWith('model_') || code === 'quota_exhausted' ? MODEL_SYSTEM : undefined;
}

/** Undefined: it may have been any of several, and each finds out by itself. */
export async function findPausedForge(
  deps: StoreDeps,
  { plan: id, repo }: PausedWork,
): Promise<string | undefined> {
  const plan = await loadPlan(deps.table, id);
  const repositories = plan?.state.repositories ?? [];
  const asked = repositories.filter((one) => repo === undefined || one.name === repo);
  const [what, ...others] = new Set(asked.map((one) => formatForgeSystem(one.forge, one.name)));
  return others.length === 0 ? what : undefined;
}
