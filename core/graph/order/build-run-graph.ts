import { elementAt } from '../../base/element-at.ts';
import type { TaskSpec } from '../../contract/task.ts';
import type { Adjacency, EdgeEnds } from './adjacency.ts';
import { buildAdjacency } from './adjacency.ts';
import { orderTopologically } from './order-topologically.ts';
import { rankNodes } from './waves.ts';

// The graph of a run: no node has more dependencies than fit into a write unit, and each repository has an end node.

/** Upper bound of a node's dependencies, chosen to fit their number set into a write unit of the table. */
export const MAX_DEPENDENCIES = 64;

/** A node of a run's graph. */
export type RunNode = {
  /** Position in a topological order, from 0. */
  readonly ordinal: number;
  /** Id of the task, or `join-<n>`, `end`, `end-<n>` for an added node. */
  readonly id: string;
  readonly kind: 'work' | 'join' | 'end';
  readonly repo: string;
  /** Ordinals, ascending; at most MAX_DEPENDENCIES. */
  readonly dependsOn: number[];
  /** Ordinals, ascending; any number. */
  readonly dependents: number[];
  /** Counted from 1. A join has the highest wave among its dependencies, because joins add no wave. */
  readonly wave: number;
  /** Minutes of the longest path from this node to the end, including the node's own weight. */
  rank: number;
  /** Estimate in minutes; 0 for joins and ends. */
  readonly weight: number;
};

/** A node without an ordinal; `dependsOn` holds indices into the list of drafts. */
type NodeDraft = Pick<RunNode, 'id' | 'kind' | 'repo' | 'weight' | 'wave'> & {
  readonly dependsOn: readonly number[];
};
type GraphBuild = { readonly drafts: NodeDraft[]; readonly joins: Map<string, number> };

/**
 * Returns the nodes of a run: tasks, joins and ends, by ordinal. `edges` are dependencies besides `dependsOn`. The graph must
 * be valid; a task with an empty `repo` belongs to the first repository.
 */
export function normaliseGraph(
  tasks: readonly TaskSpec[],
  edges: readonly EdgeEnds[],
  repositories: readonly string[],
): RunNode[] {
  const graph = buildAdjacency(tasks, edges);
  const { order, waves } = orderTopologically(graph);
  const repos = tasks.map((task) => task.repo || (repositories[0] ?? ''));
  const build: GraphBuild = { drafts: [], joins: new Map() };
  const draftIndexes = new Array<number>(tasks.length);
  for (const node of order) {
    const dependencies = elementAt(graph.dependencies, node).map((other) =>
      elementAt(draftIndexes, other),
    );
    const repo = elementAt(repos, node);
    const dependsOn = groupDependencies(build, dependencies, repo);
    const { id, estimate } = elementAt(tasks, node);
    const wave = elementAt(waves, node);
    draftIndexes[node] =
      build.drafts.push({ id, kind: 'work', repo, weight: estimate, wave, dependsOn }) - 1;
  }
  for (const end of listEnds(graph, repos, repositories)) {
    const dependencies = end.sinks.map((node) => elementAt(draftIndexes, node));
    const wave = 1 + Math.max(...waves);
    const dependsOn = groupDependencies(build, dependencies, end.repo);
    build.drafts.push({
      id: end.id,
      kind: 'end',
      repo: end.repo,
      weight: 0,
      wave,
      dependsOn,
    });
  }
  return assignOrdinals(build.drafts);
}

/** Returns a short list unchanged; else replaces groups of dependencies by joins, repeatedly. Equal groups share a join. */
function groupDependencies(
  build: GraphBuild,
  dependencies: readonly number[],
  repo: string,
): readonly number[] {
  let list = [...dependencies].sort((a, b) => a - b);
  while (list.length > MAX_DEPENDENCIES) {
    const next: number[] = [];
    for (let start = 0; start < list.length; start += MAX_DEPENDENCIES) {
      const group = list.slice(start, start + MAX_DEPENDENCIES);
      const [only] = group;
      next.push(group.length === 1 && only !== undefined ? only : ensureJoin(build, group, repo));
    }
    list = next;
  }
  return list;
}

function ensureJoin(build: GraphBuild, group: readonly number[], repo: string): number {
  const key = group.join();
  const existing = build.joins.get(key);
  if (existing !== undefined) return existing;
  const members = group.map((draft) => elementAt(build.drafts, draft));
  const wave = Math.max(...members.map((member) => member.wave));
  const id = `join-${build.joins.size + 1}`;
  const join: NodeDraft = { id, kind: 'join', repo, weight: 0, wave, dependsOn: group };
  const position = build.drafts.push(join) - 1;
  build.joins.set(key, position);
  return position;
}

/** Lists an end per repository with tasks. An end depends on the tasks without a direct dependent in the same repository. */
function listEnds(
  graph: Adjacency,
  repos: readonly string[],
  repositories: readonly string[],
): { readonly id: string; readonly repo: string; readonly sinks: number[] }[] {
  const sinks = new Map<string, number[]>();
  for (const [node, repo] of repos.entries()) {
    const list = sinks.get(repo) ?? [];
    if (!elementAt(graph.dependents, node).some((other) => repos[other] === repo)) list.push(node);
    sinks.set(repo, list);
  }
  const withTasks = repositories.filter((repo) => sinks.has(repo));
  return [...new Set([...withTasks, ...sinks.keys()])].map((repo, place) => ({
    id: place === 0 ? 'end' : `end-${place + 1}`,
    repo,
    sinks: sinks.get(repo) ?? [],
  }));
}

/** Sorts drafts by wave; the order within a wave stays, because each join must follow its dependencies. */
function assignOrdinals(drafts: readonly NodeDraft[]): RunNode[] {
  const order = [...drafts.keys()].sort((a, b) => {
    return elementAt(drafts, a).wave - elementAt(drafts, b).wave || a - b;
  });
  const ordinals = new Array<number>(drafts.length);
  for (const [ordinal, draft] of order.entries()) ordinals[draft] = ordinal;
  const nodes = order.map((position, ordinal): RunNode => {
    const draft = elementAt(drafts, position);
    const dependsOn = draft.dependsOn
      .map((other) => elementAt(ordinals, other))
      .sort((a, b) => a - b);
    return { ...draft, ordinal, dependsOn, dependents: [], rank: 0 };
  });
  for (const node of nodes) {
    for (const other of node.dependsOn) elementAt(nodes, other).dependents.push(node.ordinal);
  }
  setRanks(nodes);
  return nodes;
}

function setRanks(nodes: readonly RunNode[]): void {
  const graph = {
    ids: nodes.map((node) => node.id),
    dependencies: nodes.map((node) => node.dependsOn),
    dependents: nodes.map((node) => node.dependents),
  };
  const weights = nodes.map((node) => node.weight);
  const ranks = rankNodes(graph, [...nodes.keys()], weights);
  for (const node of nodes) node.rank = elementAt(ranks, node.ordinal);
}
