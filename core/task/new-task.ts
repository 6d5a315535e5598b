import type { Policy } from '../contract/plan.ts';
import type { TaskSpec } from '../contract/task.ts';
import type { RunNode } from '../graph/normalise.ts';
import { NO_USAGE, type TaskState } from './state.ts';

/** A node of a run before anything happened to it. */
export function newTask(
  key: { plan: string; run: number },
  node: RunNode,
  spec: TaskSpec | undefined,
  options: { simple: boolean; policy: Policy; now: number },
): TaskState {
  return {
    ...key,
    task: node.id,
    ordinal: node.ordinal,
    kind: node.kind,
    repo: node.repo,
    title: titleOf(node, spec),
    wave: node.wave,
    rank: node.rank,
    weight: node.weight,
    simple: options.simple,
    policy: options.policy,
    status: 'pending',
    wants: node.kind === 'end' ? 'verify' : 'work',
    attempt: 0,
    closing: [],
    spent: { agent: 0, infra: 0, repair: 0 },
    faults: 0,
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

function titleOf(node: RunNode, spec: TaskSpec | undefined): string {
  if (node.kind === 'end') return 'Verify the whole';
  if (spec === undefined) return `Join of ${node.dependsOn.length}`;
  if (spec.title !== '') return spec.title;
  const line = spec.description.trim().split('\n')[0] ?? spec.id;
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}
