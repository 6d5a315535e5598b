import type { TaskKey } from '../../contract/id.ts';
import type { Tier } from '../../contract/task.ts';
import { loadTaskDetail } from '../../store/task-detail-store.ts';
import type { EngineDeps } from '../engine-deps.ts';

export function selectModelForTier(deps: EngineDeps, tier: Tier): string {
  return tier === 'light' ? deps.settings.models.light : deps.settings.models.heavy;
}

export async function resolveTaskModel(deps: EngineDeps, key: TaskKey): Promise<string> {
  const detail = await loadTaskDetail(deps.table, key);
  return selectModelForTier(deps, detail?.spec.tier ?? 'auto');
}
