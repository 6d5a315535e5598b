import { AppError } from '../../base/app-error.ts';
import type { Host } from '../../port/host.ts';
import { loadSlots } from '../../store/system-store.ts';
import type { StoreDeps } from '../engine-deps.ts';
import { formatPodName } from '../launch/attempt-pod.ts';

/** Frees what nothing needs any more on a laptop; a cloud's table and registry do it by themselves. */
export async function collectGarbage(
  deps: StoreDeps,
  host: Host | undefined,
  dryRun: boolean,
): Promise<{ readonly what: string; readonly count: number; readonly bytes: number }[]> {
  if (host === undefined)
    throw new AppError(
      'conflict',
      'no_local_data',
      'there is nothing to collect here: expired items are removed by the table itself',
    );
  const { holders } = await loadSlots(deps.table);
  const keepPods = new Set([...holders.values()].map((holder) => formatPodName(holder.attempt)));
  return host.collectGarbage({ dryRun, keepPods });
}
