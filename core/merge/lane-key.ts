import type { LaneKey } from '../store/lane-store.ts';

export function laneKeyOf(task: { plan: string; run: number; repo: string }): LaneKey {
  return { plan: task.plan, run: task.run, repo: task.repo };
}
