import { findWay, type GraphDraft, refuse, unknownTask } from './edit-draft.ts';
import { type GraphProblem, quote, quoteCycle, quoteList } from './graph-problem.ts';

/** `to` waits on `from`. Adding one that is there changes nothing. */
export function addEdge(draft: GraphDraft, from: string, to: string): GraphProblem | undefined {
  const target = draft.tasks.get(to);
  if (!draft.tasks.has(from)) return unknownTask(draft, from);
  if (target === undefined) return unknownTask(draft, to);
  if (from === to) return refuse('self_dependency', to, `${quote(to)} cannot depend on itself`);
  if (target.dependsOn.includes(from)) return undefined;
  const way = findWay(draft, to, from);
  if (way !== undefined) {
    const message = `${quote(to)} cannot wait on ${quote(from)}, which already waits on it: ${quoteCycle(way)}`;
    return refuse('cycle', to, message);
  }
  draft.tasks.set(to, { ...target, dependsOn: [...target.dependsOn, from] });
  return undefined;
}

export function removeEdge(draft: GraphDraft, from: string, to: string): GraphProblem | undefined {
  const target = draft.tasks.get(to);
  if (!draft.tasks.has(from)) return unknownTask(draft, from);
  if (target === undefined) return unknownTask(draft, to);
  if (!target.dependsOn.includes(from)) {
    const what = target.dependsOn.length > 0 ? `only on ${quoteList(target.dependsOn)}` : 'on none';
    const message = `${quote(to)} does not depend on ${quote(from)}, ${what}; an order that comes from scopes that meet goes away when a scope is changed`;
    return refuse('edge_missing', to, message);
  }
  const dependsOn = target.dependsOn.filter((id) => id !== from);
  draft.tasks.set(to, { ...target, dependsOn });
  return undefined;
}
