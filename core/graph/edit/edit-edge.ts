import type { GraphProblem } from '../check/graph-problem.ts';
import { quoteCycle, quoteList, quoteText } from '../check/graph-problem.ts';
import type { GraphDraft } from './graph-draft.ts';
import { createEditProblem, createUnknownTaskProblem, findPath } from './graph-draft.ts';

/** `to` waits on `from`. Adding one that is there changes nothing. */
export function addEdge(draft: GraphDraft, from: string, to: string): GraphProblem | undefined {
  const target = draft.tasks.get(to);
  if (!draft.tasks.has(from)) return createUnknownTaskProblem(draft, from);
  if (target === undefined) return createUnknownTaskProblem(draft, to);
  if (from === to)
    return createEditProblem('self_dependency', to, `${quoteText(to)} cannot depend on itself`);
  if (target.dependsOn.includes(from)) return undefined;
  const way = findPath(draft, to, from);
  if (way !== undefined) {
    const message = `${quoteText(to)} cannot wait on ${quoteText(from)}, which already waits on it: ${quoteCycle(way)}`;
    return createEditProblem('cycle', to, message);
  }
  draft.tasks.set(to, { ...target, dependsOn: [...target.dependsOn, from] });
  return undefined;
}

export function removeEdge(draft: GraphDraft, from: string, to: string): GraphProblem | undefined {
  const target = draft.tasks.get(to);
  if (!draft.tasks.has(from)) return createUnknownTaskProblem(draft, from);
  if (target === undefined) return createUnknownTaskProblem(draft, to);
  if (!target.dependsOn.includes(from)) {
    const what = target.dependsOn.length > 0 ? `only on ${quoteList(target.dependsOn)}` : 'on none';
    const message = `${quoteText(to)} does not depend on ${quoteText(from)}, ${what}; an order that comes from scopes that meet goes away when a scope is changed`;
    return createEditProblem('edge_missing', to, message);
  }
  const dependsOn = target.dependsOn.filter((id) => id !== from);
  draft.tasks.set(to, { ...target, dependsOn });
  return undefined;
}
