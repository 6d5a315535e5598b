import type { TaskKey } from '../contract/id.ts';
import type { Policy } from '../contract/plan.ts';
import type { TaskSpec } from '../contract/task.ts';
import type { RunNode } from '../graph/order/build-run-graph.ts';
import type { TaskState } from './task-state.ts';
import { NO_USAGE } from './task-state.ts';

/** Creates the state of a node at the activation of its run. */
export function createTaskState(
  key: { readonly plan: string; readonly run: number },
  node: RunNode,
  spec: TaskSpec | undefined,
  options: { readonly simple: boolean; readonly policy: Policy; readonly now: number },
): TaskState {
  return {
    ...key,
    task: node.id,
    ordinal: node.ordinal,
    kind: node.kind,
    repo: node.repo,
    title: deriveTaskTitle(node, spec),
    wave: node.wave,
    rank: node.rank,
    estimateMinutes: node.estimateMinutes,
    simple: options.simple,
    policy: options.policy,
    status: 'pending',
    nextAttemptKind: node.kind === 'end' ? 'verify' : 'work',
    attempt: 0,
    attemptsAwaitingPodRemoval: [],
    retryCounts: { agent: 0, infra: 0, repair: 0 },
    consecutiveEngineFailures: 0,
    usage: NO_USAGE,
    last: {
      version: 1,
      at: options.now,
      from: 'none',
      to: 'pending',
      event: 'created',
      actor: 'engine',
    },
  };
}

function deriveTaskTitle(node: RunNode, spec: TaskSpec | undefined): string {
  if (node.kind === 'end') return 'Verify the root branch';
  if (spec === undefined) return `Join of ${node.dependsOn.length} dependencies`;
  if (spec.title !== '') return spec.title;
  const line = spec.description.trim().split('\n')[0] ?? spec.id;
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}

/** Creates the only task of a base check, which verifies the base commit of a repository without an agent. */
export function createBaseTaskState(
  key: TaskKey,
  repo: string,
  { title, now }: { readonly title: string; readonly now: number },
): TaskState {
  const node = {
    id: key.task,
    ordinal: 0,
    repo,
    wave: 1,
    rank: 0,
    estimateMinutes: 0,
    dependsOn: [],
  };
  const options = { simple: false, policy: 'auto', now } as const;
  const state = createTaskState(key, { ...node, kind: 'end', dependents: [] }, undefined, options);
  return { ...state, kind: 'base', title };
}
