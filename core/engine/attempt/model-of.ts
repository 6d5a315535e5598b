import type { TaskKey } from '../../contract/id.ts';
import type { Tier } from '../../contract/task.ts';
import { loadDetail } from '../../store/task-detail.ts';
import type { EngineDeps } from '../deps.ts';

export function modelOfTier(deps: EngineDeps, tier: Tier): string {
  return tier === 'light' ? deps.settings.models.light : deps.settings.models.heavy;
}

export async function modelOf(deps: EngineDeps, key: TaskKey): Promise<string> {
  const detail = await loadDetail(deps.table, key);
  return modelOfTier(deps, detail?.spec.tier ?? 'auto');
}
