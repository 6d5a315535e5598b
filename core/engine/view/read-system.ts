import type { Host } from '../../port/host.ts';
import { loadPauses, type Pause } from '../../store/pause-store.ts';
import { loadSlots } from '../../store/slot-store.ts';
import type { EngineDeps } from '../deps.ts';

export type SystemView = {
  slots: { used: number; limit: number };
  pauses: Pause[];
  disk?: { dataBytes: number; freeBytes: number };
  isolation: string;
};

export async function readSystem(deps: EngineDeps, host: Host | undefined): Promise<SystemView> {
  const [slots, pauses, disk] = await Promise.all([
    loadSlots(deps.table),
    loadPauses(deps.table, deps.clock.now()),
    host?.disk(),
  ]);
  return {
    slots: { used: slots.holders.size, limit: deps.settings.caps.system },
    pauses,
    disk,
    isolation: host?.isolation() ?? 'Each attempt runs in a pod of its own.',
  };
}
