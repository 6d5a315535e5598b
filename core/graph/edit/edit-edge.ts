import type { GraphProblem } from '../check/graph-problem.ts';
import { quoteCycle, quoteList, quoteText } from '../check/graph-problem.ts';
import type { GraphDraft } from './graph-draft.ts';
import { createEditProblem, createUnknownTaskProblem, findPath } from './graph-draft.ts';

/** Makes `to` depend on `from`; changes nothing if the dependency exists. */
export function addEdge(draft: GraphDraft, from: string, to: string): GraphProblem | undefined {
  const target = draft.tasks.get(to);
  if (!draft.tasks.has(from)) return createUnknownTaskProblem(draft, from);
  if (target === undefined) return createUnknownTaskProblem(draft, to);
  if (from === to)
    return createEditProblem(
      'self_dependency',
      to,
      `task ${quoteText(to)} cannot depend on itself; name another task`,
    );
  if (target.dependsOn.includes(from)) return undefined;
  const path = findPath(draft, to, from);
  if (path !== undefined) {
    const message = `task ${quoteText(to)} cannot depend on ${quoteText(from)}, because that would close a cycle: ${quoteCycle(path)}; remove one of the other dependencies first`;
    return createEditProblem('cycle', to, message);
  }
  draft.tasks.set(to, { ...target, dependsOn: [...target.dependsOn, from] });
  return undefined;
}

/** Removes the dependency of `to` on `from`. */
export function removeEdge(draft: GraphDraft, from: string, to: string): GraphProblem | undefined {
  const target = draft.tasks.get(to);
  if (!draft.tasks.has(from)) return createUnknownTaskProblem(draft, from);
  if (target === undefined) return createUnknownTaskProblem(draft, to);
  if (!target.dependsOn.includes(from)) {
    const existing =
      target.dependsOn.length > 0
        ? `its dependencies are ${quoteList(target.dependsOn)}`
        : 'it has no dependencies';
    const message = `task ${quoteText(to)} does not depend on ${quoteText(from)}; ${existing}. If the graph orders the two tasks because their scopes overlap, change one of the scopes`;
    return createEditProblem('edge_missing', to, message);
  }
  const dependsOn = target.dependsOn.filter((id) => id !== from);
  draft.tasks.set(to, { ...target, dependsOn });
  return undefined;
}
