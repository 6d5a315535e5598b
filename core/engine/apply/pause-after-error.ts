import type { AppError } from '../../base/app-error.ts';
import { isAppError } from '../../base/app-error.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { boundPauseEnd, formatForgeSystem, recordPause } from '../../store/system-store.ts';
import type { EngineDeps, StoreDeps } from '../engine-deps.ts';

/** Work that an outside system refused: a plan, and the repository if the refusal concerned a single repository. */
export type PausedWork = { readonly plan: string; readonly repo?: string };

/** Pause after a refused credential, which a person has to renew; milliseconds. */
const CREDENTIAL_PAUSE_MS = 60_000;
/** Pause after a refusal without a stated end, milliseconds. */
const DEFAULT_PAUSE_MS = 30_000;

/** Returns true if the error only delays the work: until an outside system is available or the forge credential is renewed. */
export function isPausing(error: unknown): error is AppError {
  return isAppError(error, 'paused') || isAppError(error, 'auth', 'forge_credential');
}

/**
 * Returns the end of the pause after a refusal, epoch milliseconds. Records the pause if the outside system refuses all work, not only
 * `work`.
 */
export async function pauseAfterError(
  deps: Pick<EngineDeps, 'table' | 'clock'>,
  error: AppError,
  work: PausedWork,
): Promise<number> {
  const now = deps.clock.now();
  const defaultUntil = now + (error.kind === 'auth' ? CREDENTIAL_PAUSE_MS : DEFAULT_PAUSE_MS);
  const until = boundPauseEnd(error.details.until ?? defaultUntil, now);
  const system = await findPausedSystem(deps, error, work);
  if (system !== undefined) await recordPause(deps.table, { system, until, reason: error.message });
  return until;
}

/**
 * Returns the forge that refuses all work; undefined if the store was throttled, or if only this work is refused. A refusal of the model concerns
 * only this work until the platform's own probe is refused as well (core/engine/planning/probe-model.ts).
 */
async function findPausedSystem(
  deps: StoreDeps,
  { code }: AppError,
  work: PausedWork,
): Promise<string | undefined> {
  return code.startsWith('forge_') ? findPausedForge(deps, work) : undefined;
}

/** Returns the forge of the refused work; undefined if the plan uses several forges, because any of them may have refused. */
export async function findPausedForge(
  deps: StoreDeps,
  { plan: id, repo }: PausedWork,
): Promise<string | undefined> {
  const plan = await loadPlan(deps.table, id);
  const repositories = plan?.state.repositories ?? [];
  const involved = repositories.filter(({ name }) => repo === undefined || name === repo);
  const [system, ...others] = new Set(
    involved.map(({ forge, name }) => formatForgeSystem(forge, name)),
  );
  return others.length === 0 ? system : undefined;
}
