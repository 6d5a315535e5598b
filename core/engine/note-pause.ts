import type { AppError } from '../error.ts';
import { recordPause } from '../store/pause-store.ts';
import type { EngineDeps } from './deps.ts';

/** Until when an outside system refuses, at least a second; what concerns all who use it is kept for them to see. */
export async function notePause(deps: EngineDeps, error: AppError): Promise<number> {
  const now = deps.clock.now();
  const until = Math.max(error.details.until ?? now + 30_000, now + 1_000);
  const what = systemOf(error.code);
  if (what !== undefined) await recordPause(deps.table, { what, until, reason: error.message });
  return until;
}

/** Our own store may be busy too; that is nobody's notice. */
function systemOf(code: string): 'forge' | 'model' | undefined {
  if (code.startsWith('forge_')) return 'forge';
  return code.startsWith('model_') || code === 'quota_exhausted' ? 'model' : undefined;
}
