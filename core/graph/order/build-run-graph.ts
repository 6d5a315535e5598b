import { elementAt } from '../../base/element-at.ts';
import type { TaskSpec } from '../../contract/task.ts';
import type { Adjacency, EdgeEnds } from './adjacency.ts';
import { buildAdjacency } from './adjacency.ts';
import { orderTopologically } from './order-topologically.ts';
import { rankNodes } from './waves.ts';

// The graph of a run consists of the tasks and of added nodes: joins, which bound the number of dependencies of a node, and
// an end node per repository.

/** Upper bound of a node's dependencies; small enough to store the list of dependencies in a single DynamoDB write unit (1 KB). */
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
  /** Counted from 1. A join has the highest wave of its dependencies, because a join starts no attempt. */
  readonly wave: number;
  /** Minutes of the longest path from this node to the end, including the node's own estimate. */
  rank: number;
  /** 0 for joins and ends. */
  readonly estimateMinutes: number;
};

/** A node without an ordinal; `dependsOn` holds indices into the list of drafts. */
type NodeDraft = Pick<RunNode, 'id' | 'kind' | 'repo' | 'estimateMinutes' | 'wave'> & {
  readonly dependsOn: readonly number[];
};
/** `joins`: index of the draft of each join; the key is the list of its dependencies, separated by commas. */
type GraphBuild = { readonly drafts: NodeDraft[]; readonly joins: Map<string, number> };

/**
 * Returns the nodes of a run: tasks, joins and ends, by ordinal. `edges` are dependencies besides `dependsOn`. The graph must
 * be valid; a task with an empty `repo` belongs to the first repository.
 */
export function buildRunGraph(
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
    const dependencies = elementAt(graph.dependencies, node).map((dependency) =>
      elementAt(draftIndexes, dependency),
    );
    const repo = elementAt(repos, node);
    const dependsOn = groupDependencies(build, dependencies, repo);
    const { id, estimate } = elementAt(tasks, node);
    const wave = elementAt(waves, node);
    draftIndexes[node] =
      build.drafts.push({ id, kind: 'work', repo, estimateMinutes: estimate, wave, dependsOn }) - 1;
  }
  for (const end of listEnds(graph, repos, repositories)) {
    const dependencies = end.sinks.map((node) => elementAt(draftIndexes, node));
    const wave = 1 + Math.max(...waves);
    const dependsOn = groupDependencies(build, dependencies, end.repo);
    build.drafts.push({
      id: end.id,
      kind: 'end',
      repo: end.repo,
      estimateMinutes: 0,
      wave,
      dependsOn,
    });
  }
  return createRunNodes(build.drafts);
}

/** Replaces groups of dependencies by joins until at most MAX_DEPENDENCIES remain. Equal groups share a join. */
function groupDependencies(
  build: GraphBuild,
  dependencies: readonly number[],
  repo: string,
): readonly number[] {
  let grouped = [...dependencies].sort((a, b) => a - b);
  while (grouped.length > MAX_DEPENDENCIES) {
    const next: number[] = [];
    for (let start = 0; start < grouped.length; start += MAX_DEPENDENCIES) {
      const group = grouped.slice(start, start + MAX_DEPENDENCIES);
      const [first] = group;
      next.push(group.length === 1 && first !== undefined ? first : ensureJoin(build, group, repo));
    }
    grouped = next;
  }
  return grouped;
}

function ensureJoin(build: GraphBuild, group: readonly number[], repo: string): number {
  const key = group.join();
  const existing = build.joins.get(key);
  if (existing !== undefined) return existing;
  const members = group.map((draft) => elementAt(build.drafts, draft));
  const wave = Math.max(...members.map((member) => member.wave));
  const id = `join-${build.joins.size + 1}`;
  const join: NodeDraft = { id, kind: 'join', repo, estimateMinutes: 0, wave, dependsOn: group };
  const draftIndex = build.drafts.push(join) - 1;
  build.joins.set(key, draftIndex);
  return draftIndex;
}

/**
 * Lists an end for each repository with tasks. An end depends on its `sinks`: the tasks of its repository without a direct
 * dependent in that repository.
 */
function listEnds(
  graph: Adjacency,
  repos: readonly string[],
  repositories: readonly string[],
): { readonly id: string; readonly repo: string; readonly sinks: number[] }[] {
  const sinks = new Map<string, number[]>();
  for (const [node, repo] of repos.entries()) {
    const list = sinks.get(repo) ?? [];
    const dependents = elementAt(graph.dependents, node);
    if (!dependents.some((dependent) => repos[dependent] === repo)) list.push(node);
    sinks.set(repo, list);
  }
  const repositoriesWithTasks = repositories.filter((repo) => sinks.has(repo));
  return [...new Set([...repositoriesWithTasks, ...sinks.keys()])].map((repo, index) => ({
    id: index === 0 ? 'end' : `end-${index + 1}`,
    repo,
    sinks: sinks.get(repo) ?? [],
  }));
}

/**
 * Creates the nodes in the order of their ordinals: by wave, and within a wave in draft order, so that a join follows its
 * dependencies.
 */
function createRunNodes(drafts: readonly NodeDraft[]): RunNode[] {
  const order = [...drafts.keys()].sort((a, b) => {
    return elementAt(drafts, a).wave - elementAt(drafts, b).wave || a - b;
  });
  const ordinals = new Array<number>(drafts.length);
  for (const [ordinal, draft] of order.entries()) ordinals[draft] = ordinal;
  const nodes = order.map((draftIndex, ordinal): RunNode => {
    const draft = elementAt(drafts, draftIndex);
    const dependsOn = draft.dependsOn
      .map((dependency) => elementAt(ordinals, dependency))
      .sort((a, b) => a - b);
    return { ...draft, ordinal, dependsOn, dependents: [], rank: 0 };
  });
  for (const node of nodes) {
    for (const dependency of node.dependsOn) {
      elementAt(nodes, dependency).dependents.push(node.ordinal);
    }
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
  const estimates = nodes.map((node) => node.estimateMinutes);
  const ranks = rankNodes(graph, [...nodes.keys()], estimates);
  for (const node of nodes) node.rank = elementAt(ranks, node.ordinal);
}
