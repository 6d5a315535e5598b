import type { Edge, TaskSpec } from '../contract/task.ts';

/** The edges that the tasks themselves name. */
export function listDeclaredEdges(tasks: readonly TaskSpec[]): Edge[] {
  return tasks.flatMap((task) =>
    [...new Set(task.dependsOn)].map((from) => ({
      from,
      to: task.id,
      reason: 'declared' as const,
    })),
  );
}
