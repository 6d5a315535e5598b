import { AppError } from '../../base/app-error.ts';
import type { Host } from '../../port/host.ts';
import { loadSlots } from '../../store/system-store.ts';
import type { StoreDeps } from '../engine-deps.ts';
import { formatPodName } from '../launch/attempt-pod.ts';

/**
 * Removes unused data of a local installation; with `dryRun`, only counts the data. Throws `no_local_data` in the cloud, where the
 * table and the image registry remove expired data themselves.
 */
export async function collectGarbage(
  deps: StoreDeps,
  host: Host | undefined,
  dryRun: boolean,
): Promise<{ readonly what: string; readonly count: number; readonly bytes: number }[]> {
  if (host === undefined)
    throw new AppError(
      'conflict',
      'no_local_data',
      'this installation keeps no data on a local disk; its table and its image registry remove expired data themselves, so there is nothing to clean up',
    );
  const { holders } = await loadSlots(deps.table);
  const keepPods = new Set([...holders.values()].map((holder) => formatPodName(holder.attempt)));
  return host.collectGarbage({ dryRun, keepPods });
}
