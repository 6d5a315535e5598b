import { elementAt } from '../../base/element-at.ts';
import type { Edge, TaskSpec } from '../../contract/task.ts';
import type { EdgeEnds } from '../order/adjacency.ts';
import { buildAdjacency } from '../order/adjacency.ts';
import { orderTopologically } from '../order/order-topologically.ts';
import type { Pattern } from '../scope/pattern.ts';
import type { PatternIndex } from '../scope/pattern-index.ts';
import { addPattern, createPatternIndex, findCandidates } from '../scope/pattern-index.ts';
import { patternsOverlap } from '../scope/pattern-match.ts';
import type { Scope } from '../scope/scope.ts';
import { compileScope, describePatternOverlap, dividePatterns } from '../scope/scope.ts';
import type { Ancestors } from './ancestors.ts';
import {
  addPredecessor,
  allComeBefore,
  appendPlace,
  comesBefore,
  createAncestors,
} from './ancestors.ts';
import type { PlacedPatterns } from './placed-patterns.ts';
import { createPlacedPatterns, findPredecessors, placePatterns } from './placed-patterns.ts';

// Two tasks that change the same paths at the same time could cause a merge conflict. The task that comes later in the
// topological order therefore gets a dependency on the earlier task, which cannot create a cycle.

/** Paths that unordered tasks may both change: a list for all repositories, or a list per repository name. */
export type SharedPaths = readonly string[] | { readonly [repository: string]: readonly string[] };

/** Two tasks whose scopes overlap, and the common paths. */
export type OverlapPair = { readonly a: string; readonly b: string; readonly paths: string[] };

/** Outcome of `orderOverlaps`. */
export type Overlaps = {
  /** Edges to add, with the reason `overlap`; the note of an edge names the common paths. */
  readonly edges: Edge[];
  /** Pairs that overlap only in shared paths and therefore get no edge. */
  readonly unorderedPairs: OverlapPair[];
  /** True if `unorderedPairs` may be incomplete. */
  readonly truncated: boolean;
};

const MAX_UNORDERED_PAIRS = 500;
const MAX_COMPARISONS = 5_000_000;
const MAX_NOTED_PATHS = 5;

type RepositoryState = {
  readonly shared: Scope;
  readonly placed: PlacedPatterns;
  /** Patterns outside the shared paths; this index and `common` serve only to find the `unorderedPairs`. */
  readonly own: PatternIndex;
  /** Patterns within the shared paths. */
  readonly common: PatternIndex;
};
type OverlapSearch = {
  readonly ids: readonly string[];
  readonly ancestors: Ancestors;
  /** For each place, the patterns of its task outside the shared paths; overlaps of these patterns require an order. */
  readonly own: (readonly Pattern[])[];
  readonly edges: Edge[];
  readonly unorderedPairs: OverlapPair[];
  comparisons: number;
  truncated: boolean;
};

/**
 * Finds the edges that prevent tasks with overlapping scopes from running at the same time. The graph must be acyclic. Tasks of
 * different repositories never overlap, and a task without a scope overlaps no other task.
 *
 * @param edges dependencies besides the tasks' `dependsOn`
 * @param repositories names of the plan's repositories; a task with an empty `repo` belongs to the first repository
 */
export function orderOverlaps(
  tasks: readonly TaskSpec[],
  edges: readonly EdgeEnds[],
  shared: SharedPaths = [],
  repositories: readonly string[] = [],
): Overlaps {
  const graph = buildAdjacency(tasks, edges);
  const { order } = orderTopologically(graph);
  const places = new Array<number>(order.length);
  for (const [place, node] of order.entries()) places[node] = place;
  const states = new Map<string, RepositoryState>();
  const search: OverlapSearch = {
    ids: order.map((node) => elementAt(graph.ids, node)),
    ancestors: createAncestors(),
    own: [],
    edges: [],
    unorderedPairs: [],
    comparisons: 0,
    truncated: false,
  };
  for (const node of order) {
    const task = elementAt(tasks, node);
    const repo = task.repo || (repositories[0] ?? '');
    const state =
      states.get(repo) ?? createRepositoryState(selectSharedPaths(shared, repo), tasks.length);
    states.set(repo, state);
    const dependencies = elementAt(graph.dependencies, node).map((dependency) =>
      elementAt(places, dependency),
    );
    placeTask(search, state, task, appendPlace(search.ancestors, dependencies));
  }
  return {
    edges: search.edges,
    unorderedPairs: search.unorderedPairs,
    truncated: search.truncated,
  };
}

function selectSharedPaths(shared: SharedPaths, repo: string): readonly string[] {
  return appliesToAllRepositories(shared) ? shared : (shared[repo] ?? []);
}

function appliesToAllRepositories(shared: SharedPaths): shared is readonly string[] {
  return Array.isArray(shared);
}

function createRepositoryState(shared: readonly string[], taskCount: number): RepositoryState {
  return {
    shared: compileScope(shared),
    placed: createPlacedPatterns(taskCount),
    own: createPatternIndex({ keepsLastOnly: false }),
    common: createPatternIndex({ keepsLastOnly: false }),
  };
}

function placeTask(
  search: OverlapSearch,
  state: RepositoryState,
  task: TaskSpec,
  place: number,
): void {
  const { own, common } = dividePatterns(compileScope(task.scope), state.shared);
  search.own.push(own);
  addOverlapEdges(search, state, own, place);
  if (state.shared.patterns.length > 0) recordUnorderedPairs(search, state, own, common, place);
  placePatterns(state.placed, own, place);
}

/** Records pairs of unordered tasks that overlap. After `addOverlapEdges`, such tasks can overlap in shared paths only. */
function recordUnorderedPairs(
  search: OverlapSearch,
  state: RepositoryState,
  own: readonly Pattern[],
  common: readonly Pattern[],
  place: number,
): void {
  const pairs = new Map<number, Set<string>>();
  if (!allComeBefore(search.ancestors, state.placed.places, place)) {
    for (const pattern of own) collectPairs(search, state.common, pattern, place, pairs);
    for (const pattern of common) {
      collectPairs(search, state.common, pattern, place, pairs);
      collectPairs(search, state.own, pattern, place, pairs);
    }
  }
  for (const other of [...pairs.keys()].sort((a, b) => a - b)) {
    const paths = [...(pairs.get(other) ?? [])].sort();
    search.unorderedPairs.push({
      a: elementAt(search.ids, other),
      b: elementAt(search.ids, place),
      paths,
    });
  }
  for (const pattern of own) addPattern(state.own, pattern, place);
  for (const pattern of common) addPattern(state.common, pattern, place);
}

/** Adds edges, latest place first: most earlier places are predecessors of a later place and then need no edge of their own. */
function addOverlapEdges(
  search: OverlapSearch,
  state: RepositoryState,
  patterns: readonly Pattern[],
  place: number,
): void {
  for (const other of findPredecessors(state.placed, search.ancestors, patterns, place)) {
    if (!addPredecessor(search.ancestors, place, other)) continue;
    const note = describeOverlap(search.own[other] ?? [], patterns);
    search.edges.push({
      from: elementAt(search.ids, other),
      to: elementAt(search.ids, place),
      reason: 'overlap',
      note,
    });
  }
}

function collectPairs(
  search: OverlapSearch,
  index: PatternIndex,
  pattern: Pattern,
  place: number,
  pairs: Map<number, Set<string>>,
): void {
  if (search.truncated) return;
  findCandidates(index, pattern, (entry) => {
    if (!patternsOverlap(entry.pattern, pattern)) return;
    for (const other of entry.places) {
      search.comparisons++;
      if (comesBefore(search.ancestors, other, place)) continue;
      const paths = pairs.get(other);
      const isFull = search.unorderedPairs.length + pairs.size >= MAX_UNORDERED_PAIRS;
      if (search.comparisons > MAX_COMPARISONS || (isFull && paths === undefined))
        search.truncated = true;
      if (search.truncated) return;
      pairs.set(other, (paths ?? new Set()).add(describePatternOverlap(entry.pattern, pattern)));
    }
  });
}

function describeOverlap(a: readonly Pattern[], b: readonly Pattern[]): string {
  const overlaps = new Set<string>();
  for (const patternOfA of a) {
    for (const patternOfB of b) {
      if (!patternsOverlap(patternOfA, patternOfB)) continue;
      overlaps.add(describePatternOverlap(patternOfA, patternOfB));
      if (overlaps.size > MAX_NOTED_PATHS)
        return `${[...overlaps].slice(0, MAX_NOTED_PATHS).join(', ')} and more`;
    }
  }
  return overlaps.size > 0 ? [...overlaps].join(', ') : 'too many patterns to compare';
}
