import type { Host } from '../../port/host.ts';
import { loadPauses, loadSlots } from '../../store/system-store.ts';
import type { EngineDeps } from '../engine-deps.ts';

/** State of the platform: slots for attempts, pauses of outside systems, disk and isolation of agents. */
export type SystemView = {
  readonly slots: { readonly used: number; readonly limit: number };
  /** `what` is the name of the paused system; `until` in epoch milliseconds. */
  readonly pauses: { readonly what: string; readonly until: number; readonly reason: string }[];
  readonly disk?: { readonly dataBytes: number; readonly freeBytes: number };
  readonly isolation: string;
};

/** Reads the state of the platform. Without a host, the state has no `disk`. */
export async function readSystem(
  deps: Pick<EngineDeps, 'table' | 'clock' | 'settings'>,
  host: Host | undefined,
): Promise<SystemView> {
  const [slots, pauses, disk] = await Promise.all([
    loadSlots(deps.table),
    loadPauses(deps.table, deps.clock.now()),
    host?.measureDisk(),
  ]);
  return {
    slots: { used: slots.holders.size, limit: deps.settings.caps.system },
    pauses: pauses.map(({ system, until, reason }) => ({ what: system, until, reason })),
    disk,
    isolation: host?.describeIsolation() ?? 'Each attempt runs in a pod of its own.',
  };
}
