import type { PlanView } from '../core/contract/plan.ts';
import type { TaskView } from '../core/contract/task.ts';
import type { Waiting } from '../core/contract/waiting.ts';

/** Collects the waiting items of a plan and its tasks. An item that the plan and a task both name is returned once. */
export function collectWaiting(
  plan: Pick<PlanView, 'waiting'>,
  tasks: readonly Pick<TaskView, 'waiting'>[],
): Waiting[] {
  const items = [...plan.waiting, ...tasks.flatMap((task) => task.waiting ?? [])];
  const byKey = new Map<string, Waiting>();
  for (const waiting of items) {
    const key = getWaitingKey(waiting);
    if (!byKey.has(key)) byKey.set(key, waiting);
  }
  return [...byKey.values()];
}

/** Returns the identity of a waiting item, built from its kind and ids. The key stays the same in later reads of the plan. */
export function getWaitingKey(waiting: Waiting): string {
  const ids = [waiting.kind, waiting.plan];
  if ('task' in waiting && waiting.task !== undefined) ids.push(waiting.task);
  switch (waiting.kind) {
    case 'approval':
      ids.push(String(waiting.revision));
      break;
    case 'answer':
      ids.push(waiting.question);
      break;
    case 'merge':
      ids.push(waiting.repo, waiting.branch);
      break;
    case 'base_red':
    case 'base_checking':
      ids.push(waiting.repo, waiting.commit);
      break;
    case 'checks':
      ids.push(...waiting.checks);
      break;
  }
  return ids.join(' ');
}
