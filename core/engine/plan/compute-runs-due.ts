import type { StoredPlan } from '../../store/plan-store.ts';

/** When something of its former runs is to be done. */
export function computeRunsDue({ state }: StoredPlan): number | undefined {
  const times = [
    ...state.pendingCleanups.map((run) => run.at),
    ...state.stoppingRuns.map((run) => run.dueAt),
  ];
  return times.length === 0 ? undefined : Math.min(...times);
}
