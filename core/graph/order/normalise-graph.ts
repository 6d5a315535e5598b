import type { TaskSpec } from '../../contract/task.ts';
import { elementAt } from '../element-at.ts';
import type { Adjacency, EdgeEnds } from './adjacency.ts';
import { buildAdjacency } from './adjacency.ts';
import { orderTopologically } from './order-topologically.ts';
import { rankNodes } from './waves.ts';

// The graph as it is run: nobody waits on more than one write unit's worth of others, and each repository has an end.

/** The number set of what a node waits on has to fit one write unit. */
export const MAX_DEPENDENCIES = 64;

export type RunNode = {
  /** Place in a topological order, from 0. */
  readonly ordinal: number;
  /** A task's, `join-<n>`, `end` or `end-<n>`. */
  readonly id: string;
  readonly kind: 'work' | 'join' | 'end';
  readonly repo: string;
  /** Ordinals, ascending; at most MAX_WAITS. */
  readonly dependsOn: number[];
  /** Ordinals, ascending; any number. */
  readonly dependents: number[];
  /** From 1. A join has the wave of the last it waits on, so that joins add no wave. */
  readonly wave: number;
  /** Minutes of the longest path still ahead, with its own. */
  rank: number;
  /** Minutes; joins and ends weigh nothing. */
  readonly weight: number;
};

/** Before ordinals are given: `dependsOn` are positions in the list of drafts. */
type NodeDraft = Pick<RunNode, 'id' | 'kind' | 'repo' | 'weight' | 'wave'> & {
  readonly dependsOn: readonly number[];
};
type GraphBuild = { readonly drafts: NodeDraft[]; readonly joins: Map<string, number> };

/** `edges`: besides those in `dependsOn`. The graph must be valid; an empty `repo` means the first of `repositories`. */
export function normaliseGraph(
  tasks: readonly TaskSpec[],
  edges: readonly EdgeEnds[],
  repositories: readonly string[],
): RunNode[] {
  const graph = buildAdjacency(tasks, edges);
  const { order, waves } = orderTopologically(graph);
  const repos = tasks.map((task) => task.repo || (repositories[0] ?? ''));
  const build: GraphBuild = { drafts: [], joins: new Map() };
  const drafted = new Array<number>(tasks.length);
  for (const node of order) {
    const before = elementAt(graph.dependencies, node).map((other) => elementAt(drafted, other));
    const repo = elementAt(repos, node);
    const dependsOn = groupDependencies(build, before, repo);
    const { id, estimate } = elementAt(tasks, node);
    const wave = elementAt(waves, node);
    drafted[node] =
      build.drafts.push({ id, kind: 'work', repo, weight: estimate, wave, dependsOn }) - 1;
  }
  for (const end of listEnds(graph, repos, repositories)) {
    const before = end.sinks.map((node) => elementAt(drafted, node));
    const wave = 1 + Math.max(...waves);
    const dependsOn = groupDependencies(build, before, end.repo);
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

/** The same list while it is short; else joins of MAX_WAITS each, and joins of those. Equal groups get one join. */
function groupDependencies(
  build: GraphBuild,
  before: readonly number[],
  repo: string,
): readonly number[] {
  let list = [...before].sort((a, b) => a - b);
  while (list.length > MAX_DEPENDENCIES) {
    const next: number[] = [];
    for (let from = 0; from < list.length; from += MAX_DEPENDENCIES) {
      const group = list.slice(from, from + MAX_DEPENDENCIES);
      const [only] = group;
      next.push(group.length === 1 && only !== undefined ? only : ensureJoin(build, group, repo));
    }
    list = next;
  }
  return list;
}

function ensureJoin(build: GraphBuild, group: readonly number[], repo: string): number {
  const key = group.join();
  const known = build.joins.get(key);
  if (known !== undefined) return known;
  const members = group.map((draft) => elementAt(build.drafts, draft));
  const wave = Math.max(...members.map((member) => member.wave));
  const id = `join-${build.joins.size + 1}`;
  const join: NodeDraft = { id, kind: 'join', repo, weight: 0, wave, dependsOn: group };
  const position = build.drafts.push(join) - 1;
  build.joins.set(key, position);
  return position;
}

/** One for each repository that has tasks; it waits on those on which no other task of the repository waits directly. */
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
  const known = repositories.filter((repo) => sinks.has(repo));
  return [...new Set([...known, ...sinks.keys()])].map((repo, place) => ({
    id: place === 0 ? 'end' : `end-${place + 1}`,
    repo,
    sinks: sinks.get(repo) ?? [],
  }));
}

/** Within a wave the order of the drafts stands: each join was drafted after what it waits on. */
function assignOrdinals(drafts: readonly NodeDraft[]): RunNode[] {
  const order = [...drafts.keys()].sort((a, b) => {
    const one = elementAt(drafts, a);
    const other = elementAt(drafts, b);
    return one.wave - other.wave || a - b;
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
